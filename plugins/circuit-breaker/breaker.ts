import { Closed, HalfOpen, Open, type Owner, type Permit, type Settings, type State } from "./states.ts";
import type { Reason } from "./trip.ts";

export type StateName = State["name"];

/** A change of state. */
export interface Change {
  readonly from: StateName;
  readonly to: StateName;
  /** In ms since 1970. */
  readonly at: number;
  readonly reason: Reason | undefined;
  /** How long it will be open, in ms. */
  readonly openMs?: number;
}

/** Where a breaker gets its settings and the time from, and whom it tells of its changes. */
export interface BreakerParts {
  readonly settings: Settings;
  /** In ms; where it goes back, what is open is tried again. */
  now(): number;
  onChange(breaker: Breaker, change: Change): void;
}

/** Keeps attempts from a target, or a service, that is failing: closed, open, half-open. */
export class Breaker implements Owner {
  /** Undefined for that of a whole service. */
  readonly target: string | undefined;
  readonly #parts: BreakerParts;
  #state: State;
  #since: number;
  #reason: Reason | undefined = undefined;
  /** How often it has opened since it was last well for long enough. */
  #openings = 0;
  #lastOpenMs = 0;
  #isForcedClosed = false;

  constructor(target: string | undefined, parts: BreakerParts) {
    this.target = target;
    this.#parts = parts;
    this.#state = new Closed(this);
    this.#since = parts.now();
  }

  get state(): StateName {
    return this.#state.name;
  }

  /** When the state began, in ms since 1970. */
  get since(): number {
    return this.#since;
  }

  /** Why it is in its state; undefined if it never was in another. */
  get reason(): Reason | undefined {
    return this.#reason;
  }

  /** When it lets a probe pass; undefined unless it is open, infinite while it is held open. */
  get opensUntil(): number | undefined {
    return this.#state.name === "open" ? this.#state.endsAt : undefined;
  }

  get isForced(): boolean {
    return this.#isForcedClosed || this.opensUntil === Number.POSITIVE_INFINITY;
  }

  get settings(): Settings {
    return this.#parts.settings;
  }

  now(): number {
    return this.#parts.now();
  }

  /** For an attempt that wants to begin: undefined if it may not. */
  enter(): Permit | undefined {
    if (this.#state.name === "closed") return this.#isForcedClosed ? UNCOUNTED : this.#state;
    const now = this.now();
    if (this.#state.name === "open") {
      if (!this.#state.isOver(now)) return undefined;
      this.#become(new HalfOpen(this, now), now, this.#reason);
    } else if (this.#state.isFull) {
      if (!this.#state.isStuck(now)) return undefined;
      // Their places are others' now: whatever they report at last, they report to nobody.
      this.#state = new HalfOpen(this, now);
    }
    const halfOpen = this.#state as HalfOpen;
    halfOpen.begin(now);
    return halfOpen;
  }

  /** Whether `enter` would let an attempt begin. */
  mayEnter(): boolean {
    const state = this.#state;
    if (state.name === "closed") return true;
    const now = this.now();
    return state.name === "open" ? state.isOver(now) : !state.isFull || state.isStuck(now);
  }

  /** Whether no attempt has come for so long, in ms, though one might: nobody asks for its target any more. */
  isUnusedFor(ms: number): boolean {
    return this.#state.name !== "closed" && this.now() - this.#state.waitsSince >= ms;
  }

  trip(from: State, reason: Reason): void {
    if (this.#state !== from) return;
    const now = this.now();
    const { openMs, maxOpenMs } = this.settings;
    const wasWell = from.name === "closed" && (now - this.#since >= this.#lastOpenMs || now < this.#since);
    this.#openings = wasWell ? 0 : this.#openings + 1;
    this.#lastOpenMs = Math.min(maxOpenMs, openMs * 2 ** this.#openings);
    this.#become(new Open(now, this.#lastOpenMs), now, reason, this.#lastOpenMs);
  }

  recover(from: State): void {
    if (this.#state !== from) return;
    this.#become(new Closed(this), this.now(), { code: "probe", text: "probes have succeeded" });
  }

  /** An operator's word: held open or closed, whatever happens, until it is reset. */
  force(to: "open" | "closed"): void {
    const now = this.now();
    this.#isForcedClosed = to === "closed";
    const state = to === "open" ? new Open(now, Number.POSITIVE_INFINITY) : new Closed(this);
    this.#become(state, now, { code: "operator", text: `held ${to} by an operator` });
  }

  /** Closed, and nothing known. */
  reset(): void {
    this.#isForcedClosed = false;
    this.#openings = 0;
    this.#lastOpenMs = 0;
    this.#become(new Closed(this), this.now(), { code: "operator", text: "reset by an operator" });
  }

  #become(state: State, at: number, reason: Reason | undefined, openMs?: number): void {
    const from = this.#state.name;
    this.#state = state;
    this.#since = at;
    this.#reason = reason;
    const change: Change = { from, to: state.name, at, reason };
    this.#parts.onChange(this, openMs === undefined ? change : { ...change, openMs });
  }
}

/** While it is held closed nothing is counted. */
const UNCOUNTED: Permit = { report() {}, withdraw() {} };
