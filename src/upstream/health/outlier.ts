import type { ServiceConfig } from "../../config/schema.ts";
import { latencyOutliers, successRateOutliers } from "./statistics.ts";
import type { TargetHealth } from "./target-health.ts";
import type { OutcomeListener } from "./tools.ts";

export type OutlierConfig = NonNullable<ServiceConfig["outlier-detection"]>;

/** Ends of ejections are looked for this often at least, in ms. */
const LONGEST_TICK_MS = 1_000;

/**
 * Takes targets out whose requests fail, after Envoy's outlier detection: at once after failures in a row; at the end of
 * each interval those that are much worse than the others. It needs no active checks, and ends by itself.
 */
export class OutlierDetector {
  readonly #config: OutlierConfig;
  readonly #elapsed: () => number;
  #watches: readonly Watch[] = [];
  #intervalEndsAt: number;
  #timer: Timer | undefined = undefined;

  /** @param elapsed the time in ms on a clock that never jumps */
  constructor(config: OutlierConfig, elapsed: () => number = () => performance.now()) {
    this.#config = config;
    this.#elapsed = elapsed;
    this.#intervalEndsAt = elapsed() + config.interval;
  }

  start(): void {
    const { interval, ejection } = this.#config;
    this.#timer = setInterval(() => this.tick(), Math.max(1, Math.min(LONGEST_TICK_MS, interval, ejection)));
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.follow([]);
  }

  /** Watches these targets from now on, and no others; those that stay keep what was counted. */
  follow(targets: readonly TargetHealth[]): void {
    const known = new Map(this.#watches.map((watch) => [watch.health, watch]));
    this.#watches = targets.map((health) => known.get(health) ?? this.#watch(health));
    const stays = new Set(targets);
    for (const { health } of known.values()) if (!stays.has(health)) health.listener = undefined;
  }

  #watch(health: TargetHealth): Watch {
    const limit = this.#config["consecutive-failures"];
    const watch = new Watch(health, limit, (failing) => this.#eject(failing, `${limit} failures in a row`));
    health.listener = watch;
    return watch;
  }

  /** Lets those back whose time is over, and compares the targets if an interval has ended. */
  tick(): void {
    const now = this.#elapsed();
    for (const watch of this.#watches) watch.tick();
    if (now < this.#intervalEndsAt) return;
    this.#intervalEndsAt = now + this.#config.interval;
    this.#compare();
    for (const watch of this.#watches) watch.beginInterval();
  }

  #compare(): void {
    const { latency, "success-rate": successRate } = this.#config;
    const watches = this.#watches.filter(({ health }) => health.ejection === undefined);
    if (successRate !== false) {
      for (const watch of successRateOutliers(watches, successRate)) this.#eject(watch, "its success rate is too low");
    }
    if (latency === undefined) return;
    for (const watch of latencyOutliers(watches, latency)) this.#eject(watch, "it is much slower than the others");
  }

  /** Never more than `max-ejected` at a time, but one; and never all. */
  #eject(watch: Watch, reason: string): void {
    const { health } = watch;
    const count = this.#watches.length;
    const ejected = this.#watches.filter((one) => one.health.ejection !== undefined).length;
    const most = Math.min(count - 1, Math.max(1, Math.floor(count * this.#config["max-ejected"])));
    if (health.ejection !== undefined || ejected >= most) return;
    const { ejection, "max-ejection": longest } = this.#config;
    // Beyond the longest ejection it grows no more, or it would take long to be forgiven.
    health.recentEjections = Math.min(health.recentEjections + 1, Math.ceil(longest / ejection));
    const ms = Math.min(ejection * health.recentEjections, longest);
    health.eject(reason, ms);
  }
}

/** What one target has done in this interval. */
class Watch implements OutcomeListener {
  readonly health: TargetHealth;
  requests = 0;
  failures = 0;
  replies = 0;
  latencySumMs = 0;
  readonly #limit: number;
  readonly #onRow: (watch: Watch) => void;
  #inRow = 0;
  /** An interval without ejection forgives one. */
  #wasEjected = false;

  constructor(health: TargetHealth, limit: number, onRow: (watch: Watch) => void) {
    this.health = health;
    this.#limit = limit;
    this.#onRow = onRow;
  }

  onOutcome(isFailure: boolean, latencyMs: number): void {
    if (this.health.ejection !== undefined) return;
    this.requests++;
    if (latencyMs >= 0) {
      this.replies++;
      this.latencySumMs += latencyMs;
    }
    if (!isFailure) {
      this.#inRow = 0;
      return;
    }
    this.failures++;
    if (++this.#inRow !== this.#limit) return;
    this.#inRow = 0;
    this.#onRow(this);
  }

  tick(): void {
    if (this.health.ejection === undefined) return;
    this.#wasEjected = true;
    this.health.admitIfDue();
    this.#inRow = 0;
  }

  beginInterval(): void {
    const { health } = this;
    if (!this.#wasEjected && health.ejection === undefined && health.recentEjections > 0) health.recentEjections--;
    this.#wasEjected = health.ejection !== undefined;
    this.requests = 0;
    this.failures = 0;
    this.replies = 0;
    this.latencySumMs = 0;
  }
}
