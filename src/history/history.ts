import type { Sample } from "./sample.ts";
import { Track, type TrackReport } from "./track.ts";

/** The lengths of intervals that are kept, in seconds, and for how many of them. */
const TRACKS = [
  { step: 1, slots: 900 },
  { step: 60, slots: 1_440 },
] as const;

export const STEPS: readonly number[] = TRACKS.map(({ step }) => step);

/**
 * The latest 15 minutes by the second and the latest day by the minute, of all requests and of each route and service that
 * had any. It is made of memory alone: about 56 KB for each.
 */
export class History {
  readonly #tracks = new Map(TRACKS.map(({ step, slots }) => [step as number, new Track(step * 1_000, slots)]));

  add(sample: Sample): void {
    for (const track of this.#tracks.values()) track.add(sample);
  }

  /** The report as JSON, in pieces; undefined for a step that is not kept. */
  json(step: number, sinceMs: number, seconds: number): Iterable<string> | undefined {
    return this.#tracks.get(step)?.json(sinceMs, seconds);
  }

  /** Undefined for a step that is not kept. */
  report(step: number, sinceMs: number, seconds: number): TrackReport | undefined {
    return this.#tracks.get(step)?.report(sinceMs, seconds);
  }
}
