import type { ServiceConfig } from "../../config/schema.ts";
import { TargetHealth } from "./target-health.ts";
import type { UpstreamLasting } from "./tools.ts";

/** A target as its service's health sees it. */
interface Member {
  readonly url: string;
  readonly weight: number;
  readonly health: TargetHealth;
}

/** The health of all targets of a service. It outlives reloads, so a target that is out stays out. */
export class ServiceHealth {
  /** Too few targets are healthy to take all requests: all are used, whatever their health. */
  isPanicking = false;
  readonly #name: string;
  readonly #lasting: Pick<UpstreamLasting, "log" | "now">;
  #known = new Map<string, TargetHealth>();
  #used: ReadonlySet<TargetHealth> = new Set();
  /** URLs of targets that are drained, those too that are not there at the moment. */
  #drained: ReadonlySet<string> = new Set();
  #slowStartMs = 0;
  #panicThreshold = 0;

  constructor(name: string, lasting: Pick<UpstreamLasting, "log" | "now">) {
    this.#name = name;
    this.#lasting = lasting;
  }

  configure(config: Pick<ServiceConfig, "slow-start" | "panic-threshold">): void {
    this.#slowStartMs = config["slow-start"];
    this.#panicThreshold = config["panic-threshold"];
  }

  /** The health of a target by its URL, made if it is a new one. */
  get(url: string): TargetHealth {
    const known = this.#known.get(url);
    if (known !== undefined) return known;
    const { log, now } = this.#lasting;
    const health = new TargetHealth({
      log: log.with({ service: this.#name, target: url }),
      now,
      elapsed: () => performance.now(),
      slowStartMs: () => this.#slowStartMs,
      onChange: () => this.#review(),
    });
    health.isDrained = this.#drained.has(url);
    this.#known.set(url, health);
    return health;
  }

  /** These are the targets from now on, others are forgotten; one that joins them later starts slowly. */
  follow(targets: readonly Member[]): void {
    const before = this.#used;
    for (const { health } of targets) if (before.size > 0 && !before.has(health)) health.warm();
    this.#known = new Map(targets.map(({ url, health }) => [url, health]));
    const used = targets.filter(({ weight, health }) => weight > 0 && !health.isDrained);
    this.#used = new Set(used.map(({ health }) => health));
    this.#review();
  }

  /** These are drained, and no others; `follow` has to be called after it. */
  drain(urls: ReadonlySet<string>): void {
    this.#drained = urls;
    for (const [url, health] of this.#known) health.isDrained = urls.has(url);
  }

  #review(): void {
    let healthy = 0;
    for (const { isUsable } of this.#used) if (isUsable) healthy++;
    const targets = this.#used.size;
    const isPanicking = targets > 0 && (healthy === 0 || healthy < targets * this.#panicThreshold);
    if (isPanicking === this.isPanicking) return;
    this.isPanicking = isPanicking;
    const log = this.#lasting.log.with({ service: this.#name, healthy, targets });
    if (isPanicking) log.warn("too few targets are healthy: all are used");
    else log.info("enough targets are healthy again");
  }
}

/** The health of a service that outlives reloads under its name. */
export function serviceHealth(name: string, lasting: UpstreamLasting): ServiceHealth {
  return lasting.state(`health of ${name}`, () => new ServiceHealth(name, lasting));
}
