import {
  type CircuitReport,
  GatewayError,
  type Logger,
  type PluginMetrics,
  type TargetWatch,
} from "../../src/plugin.ts";
import { Breaker, type BreakerParts, type Change } from "./breaker.ts";
import { type BreakerMetrics, breakerMetrics } from "./metrics.ts";
import type { Permit, Settings } from "./states.ts";

/** Targets that are remembered; one that comes beyond takes the place of the one that was asked for first. */
const MOST = 1_000;
/** A target that might be tried, and is not for so long, is none any more: what is known of it is forgotten. */
const FORGET_MS = 600_000;
/** Told to clients where nobody knows how long it takes. */
const SOON_MS = 1_000;

/** Where breakers are, and what they tell of themselves to. */
export interface Place {
  readonly service: string;
  /** Where their options are written. */
  readonly site: string;
  readonly scope: "target" | "service";
  readonly log: Logger;
  readonly metrics: PluginMetrics;
  now(): number;
}

/** The breakers of a service, one for each target or one for all; they outlive reloads. */
export class Breakers implements TargetWatch, BreakerParts {
  readonly #place: Place;
  readonly #known = new Map<string, { readonly breaker: Breaker; readonly metrics: BreakerMetrics }>();
  /** Those that are not closed. */
  readonly #tripped = new Set<Breaker>();
  /** Of the configuration that was last at work. */
  settings: Settings;

  constructor(place: Place, settings: Settings) {
    this.#place = place;
    this.settings = settings;
  }

  get service(): string {
    return this.#place.service;
  }

  get scope(): Place["scope"] {
    return this.#place.scope;
  }

  now(): number {
    return this.#place.now();
  }

  /** Throws `circuit_open` if no attempt at that target may begin. */
  enter(target: string): Permit {
    const { breaker, metrics } = this.#of(this.#place.scope === "service" ? "" : target);
    const permit = breaker.enter();
    if (permit !== undefined) return permit;
    metrics.refused.inc();
    throw new GatewayError("circuit_open", { headers: { "retry-after": String(this.#secondsLeft(breaker)) } });
  }

  avoided(): ReadonlySet<string> {
    if (this.#tripped.size === 0 || this.#place.scope === "service") return NONE;
    const urls = new Set<string>();
    for (const breaker of this.#tripped) {
      const { target = "" } = breaker;
      if (breaker.isUnusedFor(FORGET_MS)) this.#forget(target);
      else if (!breaker.mayEnter()) urls.add(target);
    }
    return urls;
  }

  /** An operator's word for the breaker of that target, known or not; an empty target means that of the service. */
  order(target: string, state: "open" | "closed" | "reset"): void {
    const { breaker } = this.#of(target);
    if (state === "reset") breaker.reset();
    else breaker.force(state);
  }

  circuits(): readonly CircuitReport[] {
    return [...this.#known.values()].map(({ breaker }) => this.#report(breaker));
  }

  onChange(breaker: Breaker, { from, to, reason, openMs }: Change): void {
    const { service, site, log } = this.#place;
    const { target } = breaker;
    if (to === "closed") this.#tripped.delete(breaker);
    else this.#tripped.add(breaker);
    const fields = { service, target, site, from, to, reason: reason?.text, openMs };
    if (from === to) return log.info("a circuit stays as it is, by hand", fields);
    const metrics = this.#known.get(target ?? "")?.metrics;
    metrics?.in(from).dec();
    metrics?.in(to).inc();
    metrics?.changes(to).inc();
    if (to === "open") log.warn("a circuit has opened", fields);
    else log.info(to === "closed" ? "a circuit has closed" : "a circuit is half-open", fields);
  }

  #of(target: string) {
    const known = this.#known.get(target);
    if (known !== undefined) return known;
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST && oldest !== undefined) this.#forget(oldest);
    const made = {
      breaker: new Breaker(target === "" ? undefined : target, this),
      metrics: breakerMetrics(this.#place.metrics, this.#place.service, target),
    };
    made.metrics.in("closed").inc();
    this.#known.set(target, made);
    return made;
  }

  #forget(target: string): void {
    const known = this.#known.get(target);
    if (known === undefined) return;
    this.#known.delete(target);
    this.#tripped.delete(known.breaker);
    known.metrics.in(known.breaker.state).dec();
  }

  #secondsLeft({ opensUntil }: Breaker): number {
    const left = opensUntil === undefined ? SOON_MS : Math.min(opensUntil - this.now(), this.settings.maxOpenMs);
    return Math.max(1, Math.ceil(left / 1_000));
  }

  #report(breaker: Breaker): CircuitReport {
    const { target, state, since, reason, opensUntil, isForced } = breaker;
    return {
      site: this.#place.site,
      target,
      state,
      since,
      reason: reason?.text,
      openUntil: opensUntil === Number.POSITIVE_INFINITY ? undefined : opensUntil,
      isForced,
    };
  }
}

const NONE: ReadonlySet<string> = new Set();
