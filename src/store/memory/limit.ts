import type { LimitPolicy, Taken } from "../limit.ts";

/**
 * The arithmetic of limits, in whole µs and ms, the same as that of the script for Redis: every value stays below 2^53,
 * where doubles are exact. A state is two or three numbers, and the moment at which it is the same as none.
 */
export interface LimitState {
  /** gcra: the theoretical arrival time in µs. Windows: the number of the window since 1970. */
  at: number;
  /** Windows: what was taken in it. */
  count: number;
  /** Sliding window: what was taken in the one before. */
  before: number;
  endsAtMs: number;
}

/** What a charge comes to, and the state that it would leave. */
export interface Weighed {
  readonly taken: Taken;
  readonly next: LimitState;
}

/** Weighs a charge against a state, none if it is new; changes nothing. What is forced is allowed, whatever it costs. */
export function weigh(
  policy: LimitPolicy,
  cost: number,
  state: LimitState | undefined,
  nowMs: number,
  isForced = false,
): Weighed {
  if (isForced) return weighForced(policy, cost, state, nowMs);
  if (policy.kind === "gcra") return weighGcra(policy, cost, state, nowMs * 1_000);
  const index = Math.floor(nowMs / policy.windowMs);
  const elapsedMs = nowMs - index * policy.windowMs;
  const { count, before } = windowsOf(state, index);
  const next = { at: index, count: count + cost, before, endsAtMs: (index + 1) * policy.windowMs };
  if (policy.kind === "fixed-window") return { taken: fixed(policy, cost, count, elapsedMs), next };
  next.endsAtMs += policy.windowMs;
  return { taken: sliding(policy, cost, count, before, elapsedMs), next };
}

/** What is told of a limit that had room while another refused: nothing was charged. */
export function uncharged(policy: LimitPolicy, state: LimitState | undefined, nowMs: number, taken: Taken): Taken {
  const untouched = weigh(policy, 0, state, nowMs).taken;
  return { ...untouched, retryAfterMs: 0, allowed: taken.allowed };
}

/** Takes a charge out of a state again; undefined where nothing of it is left. */
export function lessen(
  policy: LimitPolicy,
  cost: number,
  state: LimitState | undefined,
  nowMs: number,
): LimitState | undefined {
  if (state === undefined) return undefined;
  if (policy.kind === "gcra") {
    const at = state.at - cost * policy.intervalUs;
    return at <= nowMs * 1_000 ? undefined : { ...state, at, endsAtMs: Math.ceil(at / 1_000) };
  }
  const index = Math.floor(nowMs / policy.windowMs);
  if (state.at === index) return { ...state, count: Math.max(state.count - cost, 0) };
  // It was taken in the window before, and still weighs there.
  return { ...state, count: state.at === index - 1 ? Math.max(state.count - cost, 0) : state.count };
}

/** Twice the limit at most is kept, so that nobody is shut out for ever, and numbers stay exact. */
function weighForced(policy: LimitPolicy, cost: number, state: LimitState | undefined, nowMs: number): Weighed {
  const { kind, limit, burst, intervalUs, windowMs } = policy;
  if (kind === "gcra") {
    const nowUs = nowMs * 1_000;
    const capacity = burst * intervalUs;
    const heldUs = Math.min(Math.max((state?.at ?? 0) - nowUs, 0) + cost * intervalUs, 2 * capacity);
    const resetAfterMs = Math.ceil(heldUs / 1_000);
    const at = nowUs + heldUs;
    return {
      taken: forced(burst, Math.floor((capacity - heldUs) / intervalUs), resetAfterMs),
      next: { at, count: 0, before: 0, endsAtMs: Math.ceil(at / 1_000) },
    };
  }
  const index = Math.floor(nowMs / windowMs);
  const leftMs = (index + 1) * windowMs - nowMs;
  const { count, before } = windowsOf(state, index);
  const next = { at: index, count: Math.min(count + cost, 2 * limit), before, endsAtMs: nowMs + leftMs };
  if (kind === "fixed-window") return { taken: forced(limit, limit - next.count, leftMs), next };
  next.endsAtMs += windowMs;
  const held = next.count * windowMs + before * leftMs;
  const resetAfterMs = next.count > 0 ? windowMs + leftMs : before > 0 ? leftMs : 0;
  return { taken: forced(limit, Math.floor((limit * windowMs - held) / windowMs), resetAfterMs), next };
}

function forced(limit: number, remaining: number, resetAfterMs: number): Taken {
  return { allowed: true, limit, remaining, retryAfterMs: 0, resetAfterMs };
}

function weighGcra(policy: LimitPolicy, cost: number, state: LimitState | undefined, nowUs: number): Weighed {
  const { intervalUs, burst } = policy;
  const capacity = burst * intervalUs;
  const price = cost * intervalUs;
  const usedUs = Math.max((state?.at ?? 0) - nowUs, 0);
  const at = nowUs + usedUs + price;
  const allowed = usedUs + price <= capacity;
  const heldUs = allowed ? usedUs + price : usedUs;
  const taken = {
    allowed,
    limit: burst,
    remaining: Math.max(Math.floor((capacity - heldUs) / intervalUs), 0),
    retryAfterMs: allowed ? 0 : never(price > capacity, Math.ceil((usedUs + price - capacity) / 1_000)),
    resetAfterMs: Math.ceil(heldUs / 1_000),
  };
  return { taken, next: { at, count: 0, before: 0, endsAtMs: Math.ceil(at / 1_000) } };
}

function windowsOf(state: LimitState | undefined, index: number): { count: number; before: number } {
  if (state === undefined) return { count: 0, before: 0 };
  if (state.at === index) return state;
  return { count: 0, before: state.at === index - 1 ? state.count : 0 };
}

function fixed({ limit, windowMs }: LimitPolicy, cost: number, count: number, elapsedMs: number): Taken {
  const allowed = count + cost <= limit;
  return {
    allowed,
    limit,
    remaining: Math.max(limit - count - (allowed ? cost : 0), 0),
    retryAfterMs: allowed ? 0 : never(cost > limit, windowMs - elapsedMs),
    resetAfterMs: windowMs - elapsedMs,
  };
}

/** The window before counts as much as is still in sight: of a window of 60 s, after 15 s three quarters of it. */
function sliding(
  { limit, windowMs }: LimitPolicy,
  cost: number,
  count: number,
  before: number,
  elapsedMs: number,
): Taken {
  const past = before * (windowMs - elapsedMs);
  const used = count * windowMs + past;
  const allowed = used + cost * windowMs <= limit * windowMs;
  const held = allowed ? used + cost * windowMs : used;
  const current = allowed ? count + cost : count;
  return {
    allowed,
    limit,
    remaining: Math.max(Math.floor((limit * windowMs - held) / windowMs), 0),
    retryAfterMs: allowed ? 0 : never(cost > limit, slidingWait(limit - cost, windowMs, count, before, elapsedMs)),
    resetAfterMs: current > 0 ? 2 * windowMs - elapsedMs : before > 0 ? windowMs - elapsedMs : 0,
  };
}

/** Ms until no more than `room` is in sight. */
function slidingWait(room: number, windowMs: number, count: number, before: number, elapsedMs: number): number {
  if (room >= count) return windowMs - Math.floor(((room - count) * windowMs) / before) - elapsedMs;
  return windowMs - elapsedMs + windowMs - Math.floor((room * windowMs) / count);
}

function never(isNever: boolean, waitMs: number): number {
  return isNever ? Number.POSITIVE_INFINITY : waitMs;
}
