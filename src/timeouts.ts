/** The longest that `setTimeout` can wait, 24 days; it takes more for 1 ms. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

/** A timer that comes so late, in ms, tells that the process was busy, or kept from running. */
const LATE_MS = 25;

/**
 * Many timeouts at the cost of few timers. A server sets and clears several timeouts a request, nearly all of a handful
 * of durations. Timeouts of one duration end in the order they began, so each duration is a linked list with one timer,
 * for its head: to begin and to stop are a few assignments.
 */
export class TimeoutQueue {
  readonly ms: number;
  #head: Timeout | undefined = undefined;
  #tail: Timeout | undefined = undefined;
  #timer: Timer | undefined = undefined;
  #isForgiven = false;

  constructor(ms: number) {
    this.ms = ms;
  }

  /** Appends; for Timeout alone. */
  add(timeout: Timeout, now: number): void {
    timeout.endsAt = now + this.ms;
    timeout.before = this.#tail;
    if (this.#tail === undefined) this.#head = timeout;
    else this.#tail.after = timeout;
    this.#tail = timeout;
    if (this.#timer === undefined) this.#arm(this.ms);
  }

  /** Unlinks; for Timeout alone. */
  remove(timeout: Timeout): void {
    const { before, after } = timeout;
    if (before === undefined) this.#head = after;
    else before.after = after;
    if (after === undefined) this.#tail = before;
    else after.before = before;
    timeout.before = undefined;
    timeout.after = undefined;
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(this.#onTimer, Math.min(ms, MAX_TIMER_MS));
    this.#timer.unref();
  }

  readonly #onTimer = (): void => {
    const now = performance.now();
    // What has come while the process was late waits to be read, which is after the timers' turn: it is not too late.
    this.#isForgiven = !this.#isForgiven && this.#head !== undefined && now - this.#head.endsAt > LATE_MS;
    if (this.#isForgiven) return this.#arm(1);
    try {
      // The timer counts as armed until all are told: one that begins anew meanwhile is behind those that wait already.
      while (this.#head !== undefined && this.#head.endsAt <= now) this.#head.expire();
    } finally {
      this.#timer = undefined;
      if (this.#head !== undefined) this.#arm(Math.ceil(this.#head.endsAt - now));
    }
  };
}

const queues = new Map<number, TimeoutQueue>();

/** The queue of that duration in ms; for durations that come from the configuration, asked for at load. */
export function timeoutQueue(ms: number): TimeoutQueue {
  let queue = queues.get(ms);
  if (queue === undefined) {
    queue = new TimeoutQueue(ms);
    queues.set(ms, queue);
  }
  return queue;
}

/** Whom a timeout tells, and which of its timeouts it is. */
export interface TimeoutOwner {
  onTimeout(timeout: Timeout): void;
}

/** One timeout that its owner sets and clears as often as it likes. */
export class Timeout {
  endsAt = 0;
  before: Timeout | undefined = undefined;
  after: Timeout | undefined = undefined;
  #queue: TimeoutQueue | undefined = undefined;
  readonly #owner: TimeoutOwner;

  constructor(owner: TimeoutOwner) {
    this.#owner = owner;
  }

  get isSet(): boolean {
    return this.#queue !== undefined;
  }

  /** Begins, or begins anew. `now` is for those who have just asked the clock, `performance.now()`. */
  set(queue: TimeoutQueue, now: number = performance.now()): void {
    this.#queue?.remove(this);
    this.#queue = queue;
    queue.add(this, now);
  }

  clear(): void {
    if (this.#queue === undefined) return;
    this.#queue.remove(this);
    this.#queue = undefined;
  }

  /** For the queue alone. */
  expire(): void {
    this.clear();
    this.#owner.onTimeout(this);
  }
}
