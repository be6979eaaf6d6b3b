import type { Family } from "../observe/metrics/family.ts";
import { sumFamilies } from "../observe/metrics/sum.ts";

/** Of one metric, of all workers that have ended: as many as one process may have of a metric of the gateway. */
const MOST_SERIES = 20_000;

/** What one worker tells when all are asked. */
export interface Told {
  /** Stands for it, by any value that no other has. */
  readonly worker: unknown;
  /** Undefined if it has not answered. */
  readonly families: readonly Family[] | undefined;
  /** Whether the process that was asked still serves. */
  isAtWork(): boolean;
}

/**
 * What workers have counted and cannot tell any more. A sum that fell when a process ends would look like a counter that
 * began anew, and all that the others have counted like requests of that moment.
 */
export class WorkerCounters {
  /** What each that lives has told last. */
  readonly #latest = new Map<unknown, readonly Family[]>();
  /** Of all that have ended. */
  #ended: readonly Family[] = [];

  /**
   * All that was ever counted, when each that serves has told or its time is up. One may have ended while another was waited for:
   * what it had counted is among the ended then, and not a second time in what it told.
   */
  sum(told: readonly Told[]): readonly Family[] {
    const current = told.map(({ worker, families, isAtWork }) => {
      if (families === undefined || !isAtWork()) return this.latestOf(worker);
      this.note(worker, families);
      return families;
    });
    return sumFamilies(this.#ended, ...current);
  }

  /** Takes what a worker tells. */
  note(worker: unknown, families: readonly Family[]): void {
    this.#latest.set(worker, families.filter(isCounted));
  }

  /** What a worker that does not answer had counted when it did. */
  latestOf(worker: unknown): readonly Family[] {
    return this.#latest.get(worker) ?? [];
  }

  /** A worker's process has ended, or serves no more. What it counted after it was asked last is lost. */
  onEnd(worker: unknown): void {
    const latest = this.#latest.get(worker);
    if (latest === undefined) return;
    this.#latest.delete(worker);
    this.#ended = sumFamilies(this.#ended, latest).map(bounded);
  }

  get ended(): readonly Family[] {
    return this.#ended;
  }
}

function isCounted({ type }: Family): boolean {
  return type !== "gauge";
}

function bounded(family: Family): Family {
  if (family.series.length <= MOST_SERIES) return family;
  return { ...family, series: family.series.slice(0, MOST_SERIES) } as Family;
}
