import { type Reason, reasonToTrip, type TripLimits } from "./trip.ts";
import { CallWindow } from "./window.ts";

/** Durations in ms. */
export interface Settings extends TripLimits {
  /** How long it is open at first; it doubles each time. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Attempts while it is half-open, at most; so many have to succeed. */
  readonly probes: number;
}

/**
 * What an attempt is given that may begin: the state of the breaker at that time. It is told once how the attempt went;
 * after the breaker has changed nobody reads it any more, so that late answers count for nothing.
 */
export interface Permit {
  /** @param failure the code or status; undefined: it went well */
  report(failure: string | undefined, isSlow: boolean): void;
  /** It has shown nothing of the target. */
  withdraw(): void;
}

/** The breaker, to which a state says what shall come of it; one that is no longer its state says it in vain. */
export interface Owner {
  readonly settings: Settings;
  now(): number;
  trip(from: State, reason: Reason): void;
  recover(from: State): void;
}

export type State = Closed | Open | HalfOpen;

/** All may pass, and it is counted how they fare. */
export class Closed implements Permit {
  readonly name = "closed";
  readonly #owner: Owner;
  #window: CallWindow;
  #windowMs: number;
  #consecutive = 0;

  constructor(owner: Owner) {
    this.#owner = owner;
    this.#windowMs = owner.settings.windowMs;
    this.#window = new CallWindow(this.#windowMs);
  }

  report(failure: string | undefined, isSlow: boolean): void {
    const owner = this.#owner;
    const { settings } = owner;
    if (settings.windowMs !== this.#windowMs) this.#restart(settings.windowMs);
    const window = this.#window;
    window.add(owner.now(), failure !== undefined, isSlow);
    this.#consecutive = failure === undefined ? 0 : this.#consecutive + 1;
    if (window.failures === 0 && window.slow === 0) return;
    const reason = reasonToTrip(this.#consecutive, window, settings);
    if (reason !== undefined) owner.trip(this, failure === undefined ? reason : withLast(reason, failure));
  }

  withdraw(): void {}

  /** A reload has changed the window. */
  #restart(windowMs: number): void {
    this.#windowMs = windowMs;
    this.#window = new CallWindow(windowMs);
  }
}

/** Nobody may pass. */
export class Open {
  readonly name = "open";
  readonly since: number;
  /** Infinite where somebody holds it open. */
  readonly endsAt: number;

  constructor(since: number, forMs: number) {
    this.since = since;
    this.endsAt = since + forMs;
  }

  /** Since when attempts may come, on the breaker's clock. */
  get waitsSince(): number {
    return this.endsAt;
  }

  /** Where the clock has gone back it is over, too: nobody knows how long that was. */
  isOver(now: number): boolean {
    return now >= this.endsAt || (now < this.since && this.endsAt !== Number.POSITIVE_INFINITY);
  }
}

/** A few may pass; when they have succeeded it closes, and at the first failure it is open again. */
export class HalfOpen implements Permit {
  readonly name = "half-open";
  readonly #owner: Owner;
  #pending = 0;
  #succeeded = 0;
  #lastAt: number;

  constructor(owner: Owner, now: number) {
    this.#owner = owner;
    this.#lastAt = now;
  }

  get isFull(): boolean {
    return this.#pending + this.#succeeded >= this.#owner.settings.probes;
  }

  /** When the latest probe came. */
  get waitsSince(): number {
    return this.#lastAt;
  }

  /** Whether its probes have been silent for so long that others may try. */
  isStuck(now: number): boolean {
    return now - this.#lastAt >= this.#owner.settings.openMs || now < this.#lastAt;
  }

  begin(now: number): void {
    this.#pending++;
    this.#lastAt = now;
  }

  report(failure: string | undefined, isSlow: boolean): void {
    this.#pending--;
    if (failure !== undefined) return this.#owner.trip(this, { code: "probe", text: `a probe has failed: ${failure}` });
    if (isSlow) return this.#owner.trip(this, { code: "probe", text: "a probe was slow" });
    this.#succeeded++;
    if (this.#succeeded >= this.#owner.settings.probes) this.#owner.recover(this);
  }

  withdraw(): void {
    this.#pending--;
  }
}

function withLast({ code, text }: Reason, failure: string): Reason {
  return { code, text: `${text}, the last: ${failure}` };
}
