/** How a limit is counted. */
export type LimitKind =
  /** Generic cell rate algorithm: `burst` at once, then one each `windowMs / limit`. */
  | "gcra"
  /** The count of this window, and of the one before it as much as is still in sight. */
  | "sliding-window"
  /** The count of this window; windows begin at whole multiples of `windowMs` since 1970. */
  | "fixed-window";

export interface LimitOptions {
  readonly kind: LimitKind;
  /** So many in a window, at least 1. */
  readonly limit: number;
  /** Length of the window in ms, at least 1. */
  readonly windowMs: number;
  /** For gcra alone: how many may pass at once, at least 1. `limit` unless told. */
  readonly burst?: number;
}

/** A limit that has been checked and worked out, once, at load. */
export interface LimitPolicy extends Readonly<Required<LimitOptions>> {
  /** For gcra: µs from one to the next, rounded up so that the rate is never exceeded. */
  readonly intervalUs: number;
  /** Part of the key: the state of one kind and window is never read as that of another. */
  readonly id: string;
  /** All of it as the scripts for Redis read it. */
  readonly text: string;
}

/** A year: longer windows are calendars, not limits. */
const MAX_WINDOW_MS = 366 * 86_400_000;
/** Doubles are exact up to here; a third of it leaves room for the time itself, 1.8e15 µs since 1970. */
const MAX_EXACT = 3e15;

/** Checks a limit and works out what depends on it alone. Throws RangeError with a text for people. */
export function limitPolicy({ kind, limit, windowMs, burst = limit }: LimitOptions): LimitPolicy {
  checkWhole("limit", limit);
  checkWhole("window in ms", windowMs);
  checkWhole("burst", burst);
  if (windowMs > MAX_WINDOW_MS) throw new RangeError("a limit's window is a year at most");
  const intervalUs = Math.ceil((windowMs * 1_000) / limit);
  if (kind === "gcra") {
    if (limit > windowMs * 1_000) throw new RangeError("a limit of gcra is one a microsecond at most");
    if (burst * intervalUs > MAX_EXACT) throw new RangeError("the burst takes longer than 95 years to earn");
  }
  if (kind === "sliding-window" && limit * windowMs > MAX_EXACT) {
    throw new RangeError("limit and window are too large together for a sliding window");
  }
  const id = `${LETTER[kind]}${windowMs}`;
  const text = [LETTER[kind], limit, windowMs, burst, intervalUs].join(":");
  return { kind, limit, windowMs, burst, intervalUs, id, text };
}

const LETTER: Readonly<Record<LimitKind, string>> = { gcra: "g", "sliding-window": "s", "fixed-window": "f" };

function checkWhole(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(`expected a whole number of at least 1 as the ${name}, found ${value}`);
}

/** What is asked of one limit. */
export interface Charge {
  /** Who or what is limited; made with `storeKey`. Of one policy no two charges of a call have the same key. */
  readonly key: string;
  readonly policy: LimitPolicy;
  /** Whole, at least 1; 1 unless told. */
  readonly cost?: number;
  /**
   * It is charged whether there is room or not: for what has happened already. The cost may then be 0, to look alone;
   * `remaining` is below 0 by what was too much, and more than twice the limit is never kept.
   */
  readonly isForced?: boolean;
}

/** The answer of one limit. */
export interface Taken {
  /** Whether this limit had room. All of a call are charged if each says so, else none. */
  readonly allowed: boolean;
  /** As configured: the most that passes at once (`burst` of gcra). */
  readonly limit: number;
  /** What is left at the moment, after the charge if there was one; below 0 after a forced one alone. */
  readonly remaining: number;
  /** Ms until a charge of this cost would pass, rounded up; 0 if it did; Infinity if it costs more than the limit. */
  readonly retryAfterMs: number;
  /** Ms until all of the limit is there again, rounded up. For a fixed window its end. */
  readonly resetAfterMs: number;
}
