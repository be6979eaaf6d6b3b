import type { Context, Outcome } from "./context.ts";
import { GatewayError } from "./errors.ts";
import { type ErrorFormat, problemReply } from "./message/problem.ts";
import { Reply } from "./message/reply.ts";
import type { Filter, Handler, Layer, Phases } from "./plugin.ts";

/** One route's way through the phases, composed at load. */
export interface Pipeline {
  /** Answers the request; never throws: a failure is a reply as well. */
  readonly handle: Handler;
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
  const { prepare } = destination;
  const transforms = phaseOf(plugins, "response");
  const observers = phaseOf(plugins, "log");
  return {
    handle: async (ctx) => {
      let reply: Reply;
      try {
        prepare?.(ctx);
        reply = await answer(ctx);
      } catch (error) {
        reply = failure(ctx, error, errors);
      }
      return transforms.length === 0 ? reply : transformed(ctx, reply, transforms, errors);
    },
    finish: (ctx, outcome) => {
      for (const observe of observers) observe(ctx, outcome);
    },
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
      if (answer !== undefined) return answer instanceof Response ? Reply.from(answer) : answer;
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
      const next = pending instanceof Promise ? await pending : pending;
      // A body that did not go along has nobody to read it any more.
      if (next.body !== reply.body) reply.discard();
      reply = next;
    } catch (error) {
      reply.discard();
      reply = failure(ctx, error, errors);
    }
  }
  return reply;
}

/** The reply for a failure, which is kept for the log. */
export function failure(ctx: Context, error: unknown, errors: ErrorFormat): Reply {
  const known = GatewayError.from(error);
  ctx.error ??= known;
  return problemReply(known, ctx.requestId, errors);
}
