import type { Outcome } from "./context/outcome.ts";
import type { Context } from "./context.ts";
import { GatewayError } from "./errors.ts";
import { checkedReply, type Step, setOut, type Way } from "./journey.ts";
import { type Answer, awaitable } from "./message/pending.ts";
import { type ErrorFormat, problemReply } from "./message/problem.ts";
import type { Reply } from "./message/reply.ts";
import type { Awaitable, Handler, Layer, Phases } from "./plugin.ts";

/** One route's way through the phases, composed at load. */
export interface Pipeline {
  /** Answers the request. A failure is thrown; `fail` makes the reply to it. */
  readonly handle: (ctx: Context) => Answer;
  /** The reply to a failure, which is kept for the log. It goes through the `response` phase; this never throws. */
  readonly fail: (ctx: Context, error: unknown) => Awaitable<Reply>;
  /** Tells the `log` phase how it ended. */
  readonly finish: (ctx: Context, outcome: Outcome) => void;
  /** Whether a plugin of it answers CORS preflights. */
  readonly answersPreflights: boolean;
  /** The level of overload from which its requests are refused. */
  readonly refusedFrom: number;
  /** The same way, which notes what happens on it; left out where nobody may ask for that. */
  readonly recorded?: () => Pipeline;
}

/** What is at the two ends of a pipeline. */
export interface Destination {
  /** Runs before the first phase. */
  readonly prepare?: (ctx: Context) => void;
  /** Runs before each attempt, between `forward` and `attempt`. */
  readonly select: (ctx: Context) => void;
  readonly send: (ctx: Context) => Answer;
  /** Told how it ended, before the `log` phase is. */
  readonly finish?: (ctx: Context, outcome: Outcome) => void;
  /** Whether preflights never come so far, for one of the plugins answers them. */
  readonly answersPreflights?: boolean;
  /** The level of overload from which its requests are refused; never unless told. */
  readonly refusedFrom?: number;
}

/**
 * Puts the phases of a route's plugins around its destination, in the order of the phases and, within one, of the
 * configuration. A phase that nobody uses is not there.
 */
export function composePipeline(plugins: readonly Phases[], destination: Destination, errors: ErrorFormat): Pipeline {
  const transforms = phaseOf(plugins, "response");
  const observers = phaseOf(plugins, "log");
  const respond = (ctx: Context, reply: Reply): Awaitable<Reply> =>
    transforms.length === 0 ? reply : transformed(ctx, reply, transforms, errors);
  const way: Way = {
    steps: steps(plugins),
    handler: layers(plugins, destination),
    respond: transforms.length === 0 ? undefined : respond,
  };
  return {
    handle: prepared(destination, (ctx) => setOut(way, ctx)),
    fail: (ctx, error) => respond(ctx, failure(ctx, error, errors)),
    finish: (ctx, outcome) => {
      destination.finish?.(ctx, outcome);
      observeAll(observers, ctx, outcome);
    },
    answersPreflights: destination.answersPreflights ?? false,
    refusedFrom: destination.refusedFrom ?? Number.POSITIVE_INFINITY,
  };
}

/** The pipeline's answer, failures included; for those who do not count promises. */
export async function answerOf(pipeline: Pipeline, ctx: Context): Promise<Reply> {
  try {
    return await awaitable(pipeline.handle(ctx));
  } catch (error) {
    return pipeline.fail(ctx, error);
  }
}

type Answering = (ctx: Context) => Answer;

function prepared({ prepare }: Destination, answer: Answering): Answering {
  if (prepare === undefined) return answer;
  return (ctx) => {
    prepare(ctx);
    return answer(ctx);
  };
}

function phaseOf<P extends keyof Phases>(plugins: readonly Phases[], phase: P): NonNullable<Phases[P]>[] {
  return plugins.flatMap((plugin) => plugin[phase] ?? []);
}

/** The filters of all phases. */
function steps(plugins: readonly Phases[]): readonly Step[] {
  const plain = [...phaseOf(plugins, "request"), ...phaseOf(plugins, "authenticate")];
  const limits = plugins.flatMap(({ limit, limitWith }) =>
    limit === undefined ? [] : { filter: limit, withCheck: limitWith },
  );
  return [...plain.map((filter) => ({ filter, withCheck: undefined })), ...limits];
}

/** The first layer is the outermost. */
function wrap(layers: readonly Layer[], inner: Handler): Handler {
  return layers.reduceRight((next, layer) => layer(next), inner);
}

/** The layers of all phases around the destination. */
function layers(plugins: readonly Phases[], destination: Destination): Answering {
  const outer = [...phaseOf(plugins, "cache"), ...phaseOf(plugins, "forward")];
  const inner = phaseOf(plugins, "attempt");
  const { select, send } = destination;
  const attempt: Answering = inner.length === 0 ? send : wrap(inner, (ctx) => awaitable(send(ctx)));
  const attempted: Answering = (ctx) => {
    select(ctx);
    return attempt(ctx);
  };
  if (outer.length === 0 && inner.length === 0) return attempted;
  const answer = wrap(outer, (ctx) => awaitable(attempted(ctx)));
  return (ctx) => {
    const reply = answer(ctx);
    // What is there at once, from a cache, costs no promise.
    return reply instanceof Promise ? reply.then(checkedReply) : checkedReply(reply);
  };
}

type Transform = NonNullable<Phases["response"]>;

/** Transforms that need not wait cost no promise. */
function transformed(
  ctx: Context,
  first: Reply,
  transforms: readonly Transform[],
  errors: ErrorFormat,
  from = 0,
): Awaitable<Reply> {
  let reply = first;
  for (let i = from; i < transforms.length; i++) {
    try {
      const pending = (transforms[i] as Transform)(ctx, reply);
      if (pending instanceof Promise) return transformedLater(ctx, reply, pending, transforms, errors, i + 1);
      reply = following(reply, pending);
    } catch (error) {
      reply = failedTransform(ctx, reply, error, errors);
    }
  }
  return reply;
}

async function transformedLater(
  ctx: Context,
  before: Reply,
  pending: Promise<unknown>,
  transforms: readonly Transform[],
  errors: ErrorFormat,
  next: number,
): Promise<Reply> {
  let reply: Reply;
  try {
    reply = following(before, await pending);
  } catch (error) {
    reply = failedTransform(ctx, before, error, errors);
  }
  return transformed(ctx, reply, transforms, errors, next);
}

/** The reply that a transform has made of another. */
function following(before: Reply, answer: unknown): Reply {
  const reply = checkedReply(answer);
  // A body that did not go along has nobody to read it any more.
  if (reply.body !== before.body || reply.upgraded !== before.upgraded) before.discard();
  return reply;
}

function failedTransform(ctx: Context, before: Reply, error: unknown, errors: ErrorFormat): Reply {
  before.discard();
  if (!ctx.isAborted) ctx.error = undefined;
  return failure(ctx, error, errors);
}

type Observer = NonNullable<Phases["log"]>;

/** One that throws keeps none of the others from seeing the request. */
function observeAll(observers: readonly Observer[], ctx: Context, outcome: Outcome): void {
  const failures: unknown[] = [];
  for (const observe of observers) {
    try {
      observe(ctx, outcome);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures);
}

/** The reply for a failure, which is kept for the log. */
function failure(ctx: Context, error: unknown, errors: ErrorFormat): Reply {
  const known = GatewayError.from(error);
  ctx.error ??= known;
  try {
    return problemReply(known, ctx.requestId, errors);
  } catch (cause) {
    // The error brought a header that cannot be sent: that is the plugin's fault, and the client's reply is 500.
    ctx.error = GatewayError.from(cause);
    return problemReply(ctx.error, ctx.requestId, errors);
  }
}
