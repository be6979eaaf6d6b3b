import type { Context, Outcome } from "./context.ts";
import { GatewayError } from "./errors.ts";
import { type ErrorFormat, problemReply } from "./message/problem.ts";
import { Reply } from "./message/reply.ts";
import type { Awaitable, Filter, Handler, Layer, Phases } from "./plugin.ts";

/** One route's way through the phases, composed at load. */
export interface Pipeline {
  /** Answers the request. A failure is thrown; `fail` makes the reply to it. */
  readonly handle: Handler;
  /** The reply to a failure, which is kept for the log. It goes through the `response` phase; this never throws. */
  readonly fail: (ctx: Context, error: unknown) => Awaitable<Reply>;
  /** Tells the `log` phase how it ended. */
  readonly finish: (ctx: Context, outcome: Outcome) => void;
}

/** What is at the two ends of a pipeline. */
export interface Destination {
  /** Runs before the first phase. */
  readonly prepare?: (ctx: Context) => void;
  /** Runs before each attempt, between `forward` and `attempt`. */
  readonly select: (ctx: Context) => void;
  readonly send: Handler;
  /** Told how it ended, before the `log` phase is. */
  readonly finish?: (ctx: Context, outcome: Outcome) => void;
}

/**
 * Puts the phases of a route's plugins around its destination, in the order of the phases and, within one, of the
 * configuration. A phase that nobody uses is not there.
 */
export function composePipeline(plugins: readonly Phases[], destination: Destination, errors: ErrorFormat): Pipeline {
  const forwarded = wrap(phaseOf(plugins, "forward"), attempted(phaseOf(plugins, "attempt"), destination));
  const handler = wrap(phaseOf(plugins, "cache"), forwarded);
  const filters = [...phaseOf(plugins, "request"), ...phaseOf(plugins, "authenticate"), ...phaseOf(plugins, "limit")];
  const answer = filters.length === 0 ? handler : filtered(filters, handler);
  const whole = prepared(destination, answer);
  const transforms = phaseOf(plugins, "response");
  const observers = phaseOf(plugins, "log");
  const respond = (ctx: Context, reply: Reply): Awaitable<Reply> =>
    transforms.length === 0 ? reply : transformed(ctx, reply, transforms, errors);
  const isUntouched = plugins.every((plugin) =>
    Object.keys(plugin).every((phase) => phase === "log" || phase === "close"),
  );
  return {
    // A reply that no plugin can have touched needs no look, and costs no further promise.
    handle: isUntouched ? whole : async (ctx) => respond(ctx, checkedReply(await whole(ctx))),
    fail: (ctx, error) => respond(ctx, failure(ctx, error, errors)),
    finish: (ctx, outcome) => {
      destination.finish?.(ctx, outcome);
      observeAll(observers, ctx, outcome);
    },
  };
}

/** The pipeline's answer, failures included; for those who do not count promises. */
export async function answerOf(pipeline: Pipeline, ctx: Context): Promise<Reply> {
  try {
    return await pipeline.handle(ctx);
  } catch (error) {
    return pipeline.fail(ctx, error);
  }
}

function prepared({ prepare }: Destination, answer: Handler): Handler {
  if (prepare === undefined) return answer;
  return (ctx) => {
    prepare(ctx);
    return answer(ctx);
  };
}

function phaseOf<P extends keyof Phases>(plugins: readonly Phases[], phase: P): NonNullable<Phases[P]>[] {
  return plugins.flatMap((plugin) => plugin[phase] ?? []);
}

/** The first layer is the outermost. */
function wrap(layers: readonly Layer[], inner: Handler): Handler {
  return layers.reduceRight((next, layer) => layer(next), inner);
}

function attempted(layers: readonly Layer[], { select, send }: Destination): Handler {
  const attempt = wrap(layers, send);
  return (ctx) => {
    select(ctx);
    return attempt(ctx);
  };
}

function filtered(filters: readonly Filter[], handler: Handler): Handler {
  return async (ctx) => {
    for (const filter of filters) {
      const pending = filter(ctx);
      const answer = pending instanceof Promise ? await pending : pending;
      if (answer !== undefined) return checkedReply(answer);
      if (ctx.error !== undefined) throw ctx.error;
    }
    return handler(ctx);
  };
}

type Transform = NonNullable<Phases["response"]>;

async function transformed(ctx: Context, first: Reply, transforms: readonly Transform[], errors: ErrorFormat) {
  let reply = first;
  for (const transform of transforms) {
    try {
      const pending = transform(ctx, reply);
      const next = checkedReply(pending instanceof Promise ? await pending : pending);
      // A body that did not go along has nobody to read it any more.
      if (next.body !== reply.body || next.upgraded !== reply.upgraded) reply.discard();
      reply = next;
    } catch (error) {
      reply.discard();
      if (!ctx.isAborted) ctx.error = undefined;
      reply = failure(ctx, error, errors);
    }
  }
  return reply;
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

/** What a plugin has answered with, if it can be sent; throws TypeError if it cannot. */
function checkedReply(answer: unknown): Reply {
  const reply = answer instanceof Response ? Reply.from(answer) : answer;
  if (!(reply instanceof Reply)) throw new TypeError(`a plugin has answered with ${typeof reply} instead of a reply`);
  if (reply.upgraded !== undefined && reply.status === 101) return reply;
  // Interim statuses are no replies (RFC 9110 §15.2), and a switched connection cannot carry another.
  const isFinal = Number.isInteger(reply.status) && reply.status >= 200 && reply.status <= 599;
  if (isFinal && reply.upgraded === undefined) return reply;
  throw new TypeError(`a plugin has answered with the status ${reply.status}`);
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
