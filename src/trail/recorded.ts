import { awaitable, PendingFilter } from "../message/pending.ts";
import type { Reply } from "../message/reply.ts";
import type { Destination } from "../pipeline.ts";
import type { Awaitable, Filter, FilterAnswer, Handler, Layer, Phases } from "../plugin.ts";
import { TRAIL, type Trail, type TrailStep } from "./trail.ts";

/** A plugin's phases under its name. */
export interface NamedPhases {
  readonly name: string;
  readonly phases: Phases;
}

/**
 * The same phases, which note what they do in the trail of a request. A check that a filter leaves is made alone, and not
 * by the filter behind it: so it is known who has refused.
 */
export function recordedPhases({ name, phases }: NamedPhases): Phases {
  const { request, authenticate, limit, limitWith: _, cache, forward, attempt, response, ...rest } = phases;
  return {
    ...rest,
    ...(request !== undefined && { request: recordedFilter(name, "request", request) }),
    ...(authenticate !== undefined && { authenticate: recordedFilter(name, "authenticate", authenticate) }),
    ...(limit !== undefined && { limit: recordedFilter(name, "limit", limit) }),
    ...(cache !== undefined && { cache: recordedLayer(name, "cache", cache) }),
    ...(forward !== undefined && { forward: recordedLayer(name, "forward", forward) }),
    ...(attempt !== undefined && { attempt: recordedLayer(name, "attempt", attempt) }),
    ...(response !== undefined && { response: recordedTransform(name, response) }),
  };
}

/** The same destination, which notes each attempt. */
export function recordedDestination({ select, send, ...rest }: Destination): Destination {
  return {
    ...rest,
    select(ctx) {
      try {
        select(ctx);
      } catch (error) {
        const trail = ctx.get(TRAIL);
        trail?.fail(trail.beginAttempt(ctx), error);
        throw error;
      }
    },
    send(ctx) {
      const trail = ctx.get(TRAIL);
      if (trail === undefined || ctx.service === undefined) return send(ctx);
      const attempt = trail.beginAttempt(ctx);
      return noted<Reply>(
        () => awaitable(send(ctx)),
        (reply) => trail.end(attempt, "answered", reply),
        (error) => trail.fail(attempt, error),
      );
    },
  };
}

function recordedFilter(plugin: string, phase: string, filter: Filter): Filter {
  return (ctx) => {
    const trail = ctx.get(TRAIL);
    if (trail === undefined) return filter(ctx);
    const step = trail.beginStep(plugin, phase);
    return noted<FilterAnswer>(
      () => settled(filter(ctx)),
      (answer) => endFilter(trail, step, answer),
      (error) => trail.fail(step, error),
    );
  };
}

function endFilter(trail: Trail, step: TrailStep, answer: FilterAnswer): void {
  trail.end(step, answer === undefined ? "passed" : "answered");
  if (answer !== undefined) step.status = answer.status;
}

function recordedLayer(plugin: string, phase: string, layer: Layer): Layer {
  const key = `${phase} ${plugin}`;
  return (next) => {
    const inner: Handler = layer((ctx) => {
      ctx.get(TRAIL)?.pass(key);
      return next(ctx);
    });
    return (ctx) => {
      const trail = ctx.get(TRAIL);
      if (trail === undefined) return inner(ctx);
      const step = trail.beginStep(plugin, phase);
      const before = trail.calls(key);
      return noted<Reply>(
        () => inner(ctx),
        (reply) => {
          step.calls = trail.calls(key) - before;
          trail.end(step, step.calls === 0 ? "answered" : "passed", reply);
          if (phase === "cache") noteCache(step, reply);
        },
        (error) => {
          step.calls = trail.calls(key) - before;
          trail.fail(step, error);
        },
      );
    };
  };
}

function noteCache(step: TrailStep, { headers }: Reply): void {
  const status = headers.get("cache-status");
  if (status !== undefined) step.cacheStatus = status;
}

function recordedTransform(plugin: string, response: NonNullable<Phases["response"]>): NonNullable<Phases["response"]> {
  return (ctx, reply) => {
    const trail = ctx.get(TRAIL);
    if (trail === undefined) return response(ctx, reply);
    const step = trail.beginStep(plugin, "response");
    return noted<Reply>(
      () => response(ctx, reply),
      (changed) => trail.end(step, "passed", changed),
      (error) => trail.fail(step, error),
    );
  };
}

/** A filter's answer, for those who await it. */
function settled(answer: ReturnType<Filter>): Awaitable<FilterAnswer> {
  if (!(answer instanceof PendingFilter)) return answer;
  return new Promise((resolve, reject) => answer.deliverTo({ onPass: () => resolve(undefined), onFailure: reject }));
}

/** Runs it, and tells how it ended; what it answers, or throws, goes on as it is. */
function noted<T>(
  run: () => Awaitable<T>,
  onEnd: (value: T) => void,
  onFailure: (error: unknown) => void,
): Awaitable<T> {
  let answer: Awaitable<T>;
  try {
    answer = run();
  } catch (error) {
    onFailure(error);
    throw error;
  }
  if (!(answer instanceof Promise)) {
    onEnd(answer);
    return answer;
  }
  return answer.then(
    (value) => {
      onEnd(value);
      return value;
    },
    (error: unknown) => {
      onFailure(error);
      throw error;
    },
  );
}
