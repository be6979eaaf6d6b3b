import { GatewayError, systemCode } from "../../errors.ts";
import { MAX_TIMER_MS } from "../../timeouts.ts";
import type { Check } from "./check.ts";
import type { HealthConfig } from "./http-check.ts";
import type { TargetHealth } from "./target-health.ts";

export type CheckTiming = Pick<HealthConfig, "interval" | "failing-interval" | "timeout" | "healthy" | "unhealthy">;

export interface CheckerOptions {
  readonly timing: CheckTiming;
  readonly health: TargetHealth;
  readonly check: Check;
  /** Told of what is now known of the target, after each check. */
  onVerdict(): void;
  /** Uniform in [0, 1); injected in tests. Default Math.random. */
  readonly random?: () => number;
}

/** The first check comes soon, but not those of all targets in the same moment: 500 a second where there are many. */
const FIRST_WITHIN_MS = 200;
const FIRST_EACH_MS = 2;

/** Checks one target again and again, one check at a time. */
export class Checker {
  readonly #options: CheckerOptions;
  readonly #random: () => number;
  #timer: Timer | undefined = undefined;
  #running: AbortController | undefined = undefined;
  #isStopped = false;
  /** Checks in a row that ended like the latest. */
  #inRow = 0;
  #hasFailed = false;

  constructor(options: CheckerOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** @param count the targets that are checked, this one among them */
  start(count = 1): void {
    const { interval } = this.#options.timing;
    this.#wait(this.#random() * Math.min(interval, Math.max(FIRST_WITHIN_MS, count * FIRST_EACH_MS)));
  }

  /** Ends a check that is under way, too. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#options.check.close();
  }

  /** What the checks so far mean: thresholds are for changes, so the first check decides at once. */
  onResult(error: string | undefined): void {
    const { health, timing } = this.#options;
    const hasFailed = error !== undefined;
    this.#inRow = hasFailed === this.#hasFailed ? this.#inRow + 1 : 1;
    this.#hasFailed = hasFailed;
    if (hasFailed) health.checksFailed++;
    else health.checksPassed++;
    const before = health.check;
    const isChange = before === undefined || hasFailed === (before.state === "healthy");
    const isEnough = before === undefined || this.#inRow >= (hasFailed ? timing.unhealthy : timing.healthy);
    const state = isChange && isEnough ? (hasFailed ? "unhealthy" : "healthy") : before?.state;
    if (state !== undefined) health.setCheck(state, error);
    this.#options.onVerdict();
  }

  /** Until the next check, in ms: sooner while something is wrong. */
  get pauseMs(): number {
    const { timing, health } = this.#options;
    const isWell = !this.#hasFailed && health.check?.state !== "unhealthy";
    const ms = isWell ? timing.interval : Math.min(timing.interval, timing["failing-interval"]);
    return ms * (0.9 + 0.2 * this.#random());
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => void this.#run(), Math.min(ms, MAX_TIMER_MS));
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const deadline = setTimeout(() => running.abort(), Math.min(this.#options.timing.timeout, MAX_TIMER_MS));
    let error: string | undefined;
    try {
      error = await this.#options.check.run(running.signal);
    } catch (cause) {
      error = textOf(cause);
    } finally {
      clearTimeout(deadline);
      this.#running = undefined;
    }
    if (this.#isStopped) return;
    this.onResult(error);
    this.#wait(this.pauseMs);
  }
}

/** Why a check has failed, for the log and the admin port. */
function textOf(error: unknown): string {
  if (!(error instanceof GatewayError)) return error instanceof Error ? error.message : String(error);
  const code = systemCode(error.cause);
  // As ECONNREFUSED; a parser's codes are for its own use.
  return code === undefined || code !== code.toUpperCase() ? error.code : `${error.code} (${code})`;
}
