import type { Logger } from "../../observe/logger.ts";
import type { OutcomeListener } from "./tools.ts";

/** What active checks have found. */
export interface CheckState {
  readonly state: "healthy" | "unhealthy";
  /** When the state began, in ms since 1970. */
  readonly since: number;
  /** Why the latest check failed; left out once one has passed. */
  readonly lastError?: string | undefined;
}

/** A target that is taken out for a while, because its requests fail. */
export interface Ejection {
  /** In ms since 1970. */
  readonly since: number;
  readonly until: number;
  readonly reason: string;
}

/** What the health of all targets of a service depends on. */
export interface TargetHealthOptions {
  readonly log: Logger;
  /** In ms since 1970. */
  now(): number;
  /** On a clock that never jumps, in ms. */
  elapsed(): number;
  /** How long a target's share grows; 0: not at all. */
  slowStartMs(): number;
  /** Called when it can be used, or no more. */
  onChange?(): void;
}

/** Whether one target can be used, and why not. It outlives reloads. */
export class TargetHealth {
  /** May be chosen: a flag, so that the balancer pays nothing for it. */
  isUsable = true;
  /** An operator has taken it out: it gets no new requests, whatever its health. */
  isDrained = false;
  /** It gets only a part of its share yet. */
  isWarming = false;
  /** Told how attempts end; undefined where nobody wants to know. */
  listener: OutcomeListener | undefined = undefined;
  /** How often it was ejected of late: the next ejection takes so many times longer. */
  recentEjections = 0;
  ejections = 0;
  checksPassed = 0;
  checksFailed = 0;
  readonly #options: TargetHealthOptions;
  #check: CheckState | undefined = undefined;
  #ejection: Ejection | undefined = undefined;
  #warmingSince = 0;
  /** On the clock of `elapsed`. */
  #ejectedUntil = 0;

  constructor(options: TargetHealthOptions) {
    this.#options = options;
  }

  /** Undefined before the first check, and where there are none. */
  get check(): CheckState | undefined {
    return this.#check;
  }

  get ejection(): Ejection | undefined {
    return this.#ejection;
  }

  /**
   * Notes what a check has found, and logs it if the state is another one.
   *
   * @param isOwn false if another process has found it out, and logs it
   */
  setCheck(state: CheckState["state"], lastError: string | undefined, isOwn = true): void {
    const before = this.#check;
    const since = before?.state === state ? before.since : this.#options.now();
    const wasHealthy = this.#isHealthy;
    this.#check = { state, since, lastError };
    if (isOwn && before?.state !== state) this.#logCheck(state, before === undefined, lastError);
    this.#onHealth(wasHealthy);
  }

  /** Nobody checks the target any more. */
  clearCheck(): void {
    const wasHealthy = this.#isHealthy;
    this.#check = undefined;
    this.#onHealth(wasHealthy);
  }

  /** Takes the target out for so long. */
  eject(reason: string, ms: number): void {
    const since = this.#options.now();
    this.#ejection = { since, until: since + ms, reason };
    this.#ejectedUntil = this.#options.elapsed() + ms;
    this.ejections++;
    this.#options.log.warn("a target is ejected: it gets no requests for a while", { reason, ms });
    this.#update();
  }

  /** Ends an ejection whose time is over. */
  admitIfDue(): void {
    if (this.#options.elapsed() >= this.#ejectedUntil) this.admit();
  }

  /** Ends an ejection. */
  admit(): void {
    if (this.#ejection === undefined) return;
    const wasHealthy = this.#isHealthy;
    this.#ejection = undefined;
    this.#options.log.info("an ejected target gets requests again");
    this.#onHealth(wasHealthy);
  }

  /** Begins with a small share that grows, if the service wants it so. */
  warm(): void {
    if (this.#options.slowStartMs() === 0) return;
    this.#warmingSince = this.#options.elapsed();
    this.isWarming = true;
  }

  /** What it gets of its share at the moment, 0 to 1. */
  get share(): number {
    if (!this.isWarming) return 1;
    const ms = this.#options.slowStartMs();
    const share = ms === 0 ? 1 : (this.#options.elapsed() - this.#warmingSince) / ms;
    if (share < 1) return Math.max(share, LEAST_SHARE);
    this.isWarming = false;
    return 1;
  }

  get #isHealthy(): boolean {
    return this.#check?.state !== "unhealthy" && this.#ejection === undefined;
  }

  #onHealth(wasHealthy: boolean): void {
    if (!wasHealthy && this.#isHealthy) this.warm();
    this.#update();
  }

  #update(): void {
    const isUsable = this.#isHealthy;
    if (isUsable === this.isUsable) return;
    this.isUsable = isUsable;
    this.#options.onChange?.();
  }

  #logCheck(state: CheckState["state"], isFirst: boolean, error: string | undefined): void {
    const { log } = this.#options;
    if (state === "unhealthy") log.warn("a target is unhealthy", { error });
    else if (isFirst) log.debug("a target is healthy");
    else log.info("a target is healthy again");
  }
}

/** At its very beginning; or a target that gets few requests would get none. */
const LEAST_SHARE = 0.01;
