import type { Sample } from "../../history/sample.ts";
import { type SubjectCounts, subjectsOf } from "../counts.ts";
import type { Finding, Subject, Watch } from "../finding.ts";
import type { AnomalyRule, Signal } from "../rule.ts";
import { Detector, type Unusual } from "./detector.ts";
import type { Learnt } from "./kept.ts";
import { MinuteWindow } from "./minutes.ts";

/** How many subjects have learned long enough, and how many have not. */
export interface Progress {
  readonly learning: number;
  readonly learned: number;
}

/** Routes or services that one rule learns about, at most: each takes 15 KB. */
const MOST_LEARNED = 1_000;
const MINUTE_MS = 60_000;
/** After a longer silence of the sampler nothing is known of the time between. */
const LONGEST_GAP_MS = 3 * MINUTE_MS;

interface Learned {
  readonly subject: Subject;
  readonly window: MinuteWindow;
  readonly detectors: ReadonlyMap<Signal, Detector>;
  readonly unusual: Map<Signal, Unusual>;
}

/** Learns what is usual for the requests of each subject, a minute at a time, and tells what is not. */
export class AnomalyWatch implements Watch {
  readonly #rule: AnomalyRule;
  readonly #learnt: Learnt;
  readonly #subjects = new Map<string, Learned>();
  /** Of the minute that is being counted. */
  #minute: number | undefined = undefined;
  /** It was not counted from its beginning. */
  #isPartial = true;
  #lastAt = 0;

  /** @param learnt what it had learned before a restart */
  constructor(rule: AnomalyRule, learnt: Learnt = {}) {
    this.#rule = rule;
    this.#learnt = learnt;
  }

  /** All that it has learned, also of what was not seen since the restart. */
  get learnt(): Learnt {
    const own = [...this.#subjects].map(([key, { detectors }]) => {
      return [key, Object.fromEntries([...detectors].map(([signal, { state }]) => [signal, state]))] as const;
    });
    const kept = Object.entries(this.#learnt).slice(0, MOST_LEARNED);
    return { ...Object.fromEntries(kept), ...Object.fromEntries(own) };
  }

  onSample(sample: Sample): void {
    const { at } = sample;
    if (at - this.#lastAt > LONGEST_GAP_MS) this.#begin(at);
    this.#lastAt = at;
    const minute = Math.floor(at / MINUTE_MS);
    if (this.#minute !== undefined && minute > this.#minute) {
      if (this.#isPartial) this.#clear();
      else this.#close(this.#minute * MINUTE_MS);
      this.#isPartial = false;
      this.#minute = minute;
    }
    for (const counted of subjectsOf(sample, this.#rule.per, this.#rule.only)) {
      this.#learned(counted, at)?.window.add(counted.counts, counted.bounds);
    }
  }

  findings(): readonly Finding[] {
    const { severity } = this.#rule;
    return [...this.#subjects.values()].flatMap(({ subject, unusual }) => {
      return [...unusual].map(([signal, { value, usual, summary }]) => {
        const who = subject.route ?? subject.service ?? "all requests";
        return { subject: { ...subject, signal }, severity, value, threshold: usual, summary: `${who}: ${summary}` };
      });
    });
  }

  get progress(): Progress {
    const all = [...this.#subjects.values()];
    const learned = all.filter(({ detectors }) => [...detectors.values()].some((one) => one.isReady(this.#lastAt)));
    return { learning: all.length - learned.length, learned: learned.length };
  }

  #begin(at: number): void {
    this.#minute = Math.floor(at / MINUTE_MS);
    this.#isPartial = true;
    this.#clear();
  }

  /** Forgets the latest minutes; what was learned stays. */
  #clear(): void {
    for (const { window, unusual } of this.#subjects.values()) {
      window.clear();
      unusual.clear();
    }
  }

  #close(at: number): void {
    for (const { window, detectors, unusual } of this.#subjects.values()) {
      const seen = window.close();
      if (seen === undefined) continue;
      for (const [signal, detector] of detectors) {
        const found = detector.step(at, seen);
        if (found === undefined) unusual.delete(signal);
        else unusual.set(signal, found);
      }
    }
  }

  #learned({ key, subject }: SubjectCounts, at: number): Learned | undefined {
    const known = this.#subjects.get(key);
    if (known !== undefined || this.#subjects.size >= MOST_LEARNED) return known;
    const { of, seasonMs, change } = this.#rule;
    const before = Object.hasOwn(this.#learnt, key) ? this.#learnt[key] : undefined;
    const make = (signal: Signal) => new Detector({ signal, seasonMs, change }, at, before?.[signal]);
    const detectors = new Map(of.map((signal) => [signal, make(signal)] as const));
    const learned = { subject, window: new MinuteWindow(), detectors, unusual: new Map<Signal, Unusual>() };
    this.#subjects.set(key, learned);
    return learned;
  }
}
