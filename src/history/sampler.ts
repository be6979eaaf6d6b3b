import type { Logger } from "../observe/logger.ts";
import type { Family } from "../observe/metrics/family.ts";
import type { Awaitable } from "../plugin.ts";
import {
  addCounts,
  addGrowth,
  noCounts,
  ROUTE_BOUNDS,
  type Sample,
  SERVICE_BOUNDS,
  type Totals,
  totalsOf,
} from "./sample.ts";

export interface SamplerOptions {
  /**
   * The families of `SAMPLED` of each process that answers, by a name that no other process gets, not even a later one of
   * the same worker.
   */
  counts(): Awaitable<ReadonlyMap<string, readonly Family[]>>;
  /** In ms since 1970. */
  now(): number;
  /** Measures intervals, in ms: the other clock may be set. `performance.now` unless told. */
  elapsed?(): number;
  readonly log: Logger;
}

/** From the end of a sample to the next one, in ms. */
const INTERVAL_MS = 1_000;
/** What a process that is silent has told last is kept for that many samples: it may only be busy. */
const SILENT_SAMPLES = 120;

interface Process {
  totals: Totals;
  /** The latest sample that it is in. */
  answeredAt: number;
}

/** Looks at the counts of all processes once a second, and tells its listeners what they have grown by. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #listeners = new Set<(sample: Sample) => void>();
  readonly #processes = new Map<string, Process>();
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  readonly #elapsed: () => number;
  #lastAt: number;
  #lastElapsed: number;
  #taken = 0;
  #isStopped = false;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#elapsed = options.elapsed ?? (() => performance.now());
    this.#lastAt = options.now();
    this.#lastElapsed = this.#elapsed();
  }

  /** Calls back with each sample; answers how to stop that. */
  listen(listener: (sample: Sample) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  start(): void {
    this.#timer = setTimeout(() => void this.#run(), INTERVAL_MS);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Takes one now. Two calls do not overlap. */
  async take(): Promise<Sample> {
    const counts = await this.#options.counts();
    const at = Math.max(this.#options.now(), this.#lastAt + 1);
    const elapsed = this.#elapsed();
    const seconds = Math.max(elapsed - this.#lastElapsed, 1) / 1_000;
    this.#lastAt = at;
    this.#lastElapsed = elapsed;
    this.#taken++;
    const grown: Totals = { routes: new Map(), services: new Map() };
    for (const [name, families] of counts) this.#add(grown, name, totalsOf(families));
    this.#forgetSilent();
    const total = noCounts(ROUTE_BOUNDS);
    for (const route of grown.routes.values()) addCounts(total, route);
    const sample: Sample = { at, seconds, total, ...grown };
    for (const listener of this.#listeners) this.#tell(listener, sample);
    return sample;
  }

  async #run(): Promise<void> {
    try {
      await this.take();
    } catch (error) {
      this.#options.log.error("a sample of the counts failed", { error });
    }
    if (!this.#isStopped) this.start();
  }

  #tell(listener: (sample: Sample) => void, sample: Sample): void {
    try {
      listener(sample);
    } catch (error) {
      this.#options.log.error("a sample of the counts failed", { error });
    }
  }

  #add(grown: Totals, name: string, totals: Totals): void {
    const before = this.#processes.get(name)?.totals;
    addGrowth(grown.routes, totals.routes, before?.routes, ROUTE_BOUNDS);
    addGrowth(grown.services, totals.services, before?.services, SERVICE_BOUNDS);
    this.#processes.set(name, { totals, answeredAt: this.#taken });
  }

  #forgetSilent(): void {
    for (const [name, { answeredAt }] of this.#processes) {
      if (this.#taken - answeredAt > SILENT_SAMPLES) this.#processes.delete(name);
    }
  }
}
