import type { Clock } from "../../../src/upstream/discovery/clock.ts";
import type { FoundTarget, Source, SourceSink } from "../../../src/upstream/discovery/source.ts";
import { until } from "../../support/until.ts";

/** A clock that stands still; sleeps end when it is moved past their ends. */
export interface ManualClock extends Clock {
  /** What is slept now, in ms. */
  readonly sleeping: readonly number[];
  /** Moves the time and ends the sleeps that are over. */
  advance(ms: number): void;
  /** Resolves with the length of a sleep as soon as there is one. */
  nextSleep(): Promise<number>;
}

export function manualClock(): ManualClock {
  let now = Date.UTC(2030, 0, 1);
  const sleeps = new Set<{ readonly ms: number; readonly end: number; readonly resolve: () => void }>();
  const clock: ManualClock = {
    now: () => now,
    random: () => 1,
    sleep: (ms, signal) => {
      if (signal.aborted) return Promise.resolve();
      return new Promise((done) => {
        const entry = { ms, end: now + ms, resolve: done };
        sleeps.add(entry);
        signal.addEventListener("abort", () => {
          sleeps.delete(entry);
          done();
        });
      });
    },
    get sleeping() {
      return [...sleeps].map(({ ms }) => ms);
    },
    advance: (ms) => {
      now += ms;
      for (const entry of sleeps) {
        if (entry.end > now) continue;
        sleeps.delete(entry);
        entry.resolve();
      }
    },
    nextSleep: () => until(() => clock.sleeping[0], { what: "something sleeps" }),
  };
  return clock;
}

/** A source under way, and all that it has told. */
export interface Following extends AsyncDisposable {
  /** Each answer as `URL*WEIGHT` in the order told; failures as their messages. */
  readonly told: readonly (readonly string[] | string)[];
  /** Resolves when the latest thing told is that, or a failure like that. */
  waitFor(latest: readonly string[] | string | RegExp): Promise<void>;
  /** Rejects if the source has; resolves when it has ended after its abort. */
  readonly ended: Promise<void>;
}

/** Follows a source until the end of the block. */
export function follow(source: Source): Following {
  const abort = new AbortController();
  const told: (readonly string[] | string)[] = [];
  const sink: SourceSink = {
    found: (targets) => void told.push(written(targets)),
    failed: (error) => void told.push(error instanceof Error ? error.message : String(error)),
  };
  const ended = source.follow(sink, abort.signal);
  ended.catch(() => {});
  return {
    told,
    ended,
    waitFor: async (latest) => {
      const isTold = () => isLike(told.at(-1), latest);
      await until(isTold, { what: () => `${String(latest)} was told; it was ${JSON.stringify(told)}` });
    },
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await ended.catch(() => {});
    },
  };
}

function isLike(told: readonly string[] | string | undefined, wanted: readonly string[] | string | RegExp): boolean {
  if (wanted instanceof RegExp) return typeof told === "string" && wanted.test(told);
  return JSON.stringify(told) === JSON.stringify(wanted);
}

function written(targets: readonly FoundTarget[]): readonly string[] {
  return targets.map(({ url, weight }) => (weight === 1 ? url : `${url}*${weight}`));
}
