import type { Context } from "../context.ts";
import { PendingCheck } from "../identity/pending-check.ts";
import { PendingFilter } from "../message/pending.ts";
import type { Reply } from "../message/reply.ts";
import type { Awaitable, CheckedFilter, Filter, FilterAnswer, Handler, Layer, Phases } from "../plugin.ts";
import { endFailed, RecordedCheck, RecordedFilter } from "./filter.ts";
import { RecordedSpan } from "./recorded.ts";

/** A plugin's phases, each of which has a span where a request that is recorded has to wait for it. */
export function tracedPhases(plugin: string, phases: Phases): Phases {
  const nameOf = (phase: keyof Phases) => `plugin ${plugin} ${phase}`;
  const { request, authenticate, limit, limitWith, cache, forward, attempt, response } = phases;
  return {
    ...phases,
    ...(request && { request: tracedFilter(nameOf("request"), request) }),
    ...(authenticate && { authenticate: tracedFilter(nameOf("authenticate"), authenticate) }),
    ...(limit && { limit: tracedFilter(nameOf("limit"), limit) }),
    ...(limitWith && { limitWith: tracedLimit(nameOf("limit"), limitWith) }),
    ...(cache && { cache: tracedLayer(nameOf("cache"), cache) }),
    ...(forward && { forward: tracedLayer(nameOf("forward"), forward) }),
    ...(attempt && { attempt: tracedLayer(nameOf("attempt"), attempt) }),
    ...(response && { response: tracedTransform(nameOf("response"), response) }),
  };
}

function tracedFilter(name: string, filter: Filter): Filter {
  return (ctx) => {
    const { trace } = ctx;
    if (!(trace instanceof RecordedSpan)) return filter(ctx);
    const at = performance.now();
    const answer = filter(ctx);
    if (answer instanceof PendingCheck) return new RecordedCheck(answer, trace.start(name, at));
    if (answer instanceof PendingFilter) return new RecordedFilter(answer, trace.start(name, at));
    return answer instanceof Promise ? ending(answer, trace.start(name, at)) : answer;
  };
}

function tracedLimit(name: string, filter: CheckedFilter): CheckedFilter {
  return (ctx, check) => {
    const { trace } = ctx;
    if (!(trace instanceof RecordedSpan)) return filter(ctx, check);
    const at = performance.now();
    return new RecordedFilter(filter(ctx, check), trace.start(name, at));
  };
}

type Transform = NonNullable<Phases["response"]>;

function tracedTransform(name: string, transform: Transform): Transform {
  return (ctx, reply) => {
    const { trace } = ctx;
    if (!(trace instanceof RecordedSpan)) return transform(ctx, reply);
    const at = performance.now();
    const answer = transform(ctx, reply);
    return answer instanceof Promise ? ending(answer, trace.start(name, at)) : answer;
  };
}

function tracedLayer(name: string, layer: Layer): Layer {
  return (next) => {
    const inner = layer(next);
    return (ctx) => {
      const { trace } = ctx;
      return trace instanceof RecordedSpan ? within(ctx, trace, name, inner) : inner(ctx);
    };
  };
}

/** What runs inside of the layer belongs to its span. One that answers at once, and has asked nobody, leaves none. */
function within(ctx: Context, parent: RecordedSpan, name: string, inner: Handler): Awaitable<Reply> {
  const { isParent } = parent;
  const span = parent.start(name, performance.now());
  let answer: Awaitable<Reply> | undefined;
  ctx.trace = span;
  try {
    answer = inner(ctx);
  } finally {
    if (!(answer instanceof Promise)) {
      ctx.trace = parent;
      if (span.isParent) span.end(performance.now());
      else parent.isParent = isParent;
    }
  }
  if (!(answer instanceof Promise)) return answer;
  return ending(answer, span).finally(() => {
    ctx.trace = parent;
  });
}

async function ending<T extends FilterAnswer>(answer: Promise<T>, span: RecordedSpan): Promise<T> {
  try {
    const value = await answer;
    span.end(performance.now());
    return value;
  } catch (error) {
    endFailed(span, error);
    throw error;
  }
}
