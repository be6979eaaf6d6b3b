import type { ServiceConfig } from "../../config/schema.ts";
import { timeoutQueue } from "../../timeouts.ts";
import type { Dialer } from "../dial.ts";
import { type UpstreamTimeouts, upstreamTimeouts } from "../timeouts.ts";
import type { Check } from "./check.ts";
import { Checker } from "./checker.ts";
import { type HealthConfig, httpCheck } from "./http-check.ts";
import { OutlierDetector } from "./outlier.ts";
import { ALONE, type HealthSharing, type HealthVerdict } from "./sharing.ts";
import type { TargetHealth } from "./target-health.ts";
import { tcpCheck } from "./tcp-check.ts";

/** A target whose health is watched. */
export interface Watched {
  readonly url: string;
  readonly dialer: Dialer;
  readonly health: TargetHealth;
}

/** Finds out how the targets of one service are, as long as its checks are configured so. */
export class HealthMonitor {
  readonly #name: string;
  readonly #config: ServiceConfig;
  readonly #timeouts: UpstreamTimeouts;
  readonly #detector: OutlierDetector | undefined;
  readonly #checkers = new Map<Watched, Checker>();
  #targets: readonly Watched[] = [];
  #sharing: HealthSharing = ALONE;
  #isChecker = false;
  #isRunning = false;

  constructor(name: string, config: ServiceConfig) {
    const outlier = config["outlier-detection"];
    this.#name = name;
    this.#config = config;
    this.#timeouts = checkTimeouts(config);
    this.#detector = outlier === undefined ? undefined : new OutlierDetector(outlier);
  }

  start(targets: readonly Watched[], sharing: HealthSharing = ALONE): void {
    this.#isRunning = true;
    this.#sharing = sharing;
    this.#isChecker = sharing.isChecker;
    this.#detector?.start();
    this.watch(targets);
  }

  /** What the next monitor of the service is started with, as this one was; undefined if it does not run. */
  get sharing(): HealthSharing | undefined {
    return this.#isRunning ? { ...this.#sharing, isChecker: this.#isChecker } : undefined;
  }

  /** Watches these targets from now on, and no others; nothing while it does not run. */
  watch(targets: readonly Watched[]): void {
    if (!this.#isRunning) return;
    const { health: checks } = this.#config;
    const stays = new Set(targets);
    for (const target of this.#targets) if (!stays.has(target)) this.#leave(target);
    this.#targets = targets;
    this.#detector?.follow(targets.map(({ health }) => health));
    for (const target of targets) {
      if (checks === undefined) target.health.clearCheck();
      else if (this.#isChecker && !this.#checkers.has(target)) this.#check(target, checks);
      // Of an earlier configuration.
      if (this.#detector === undefined) target.health.admit();
    }
  }

  /** Checks the targets from now on, and tells the other processes what is known already. */
  takeOver(): void {
    this.#isChecker = true;
    for (const target of this.#targets) this.#publish(target);
    this.watch(this.#targets);
  }

  /** Believes the process that checks; a target that is not known here yet is told of again. */
  learn({ target: url, state, lastError }: HealthVerdict): void {
    if (this.#isChecker || this.#config.health === undefined) return;
    this.#targets.find((target) => target.url === url)?.health.setCheck(state, lastError, false);
  }

  /** Leaves no timer and no connection behind. */
  stop(): void {
    this.#isRunning = false;
    this.#detector?.stop();
    for (const checker of this.#checkers.values()) checker.stop();
    this.#checkers.clear();
  }

  #check(target: Watched, timing: HealthConfig): void {
    const { dialer, health } = target;
    const check = this.#createCheck(timing, dialer);
    const checker = new Checker({ timing, health, check, onVerdict: () => this.#publish(target) });
    this.#checkers.set(target, checker);
    checker.start(this.#targets.length);
  }

  #createCheck(config: HealthConfig, dialer: Dialer): Check {
    return config.type === "tcp" ? tcpCheck(dialer, this.#timeouts) : httpCheck(config, dialer, this.#timeouts);
  }

  #publish({ url, health }: Watched): void {
    if (health.check === undefined) return;
    const { state, lastError } = health.check;
    this.#sharing.publish({ service: this.#name, target: url, state, lastError });
  }

  /** It is gone: if it returns, nothing is known of it. */
  #leave(target: Watched): void {
    this.#checkers.get(target)?.stop();
    this.#checkers.delete(target);
    target.health.clearCheck();
  }
}

/** A check has one deadline for all of its steps. */
function checkTimeouts(config: ServiceConfig): UpstreamTimeouts {
  const queue = timeoutQueue(config.health?.timeout ?? config.timeouts.connect);
  return { ...upstreamTimeouts(config), connect: queue, opening: queue, response: queue, idle: queue, total: queue };
}
