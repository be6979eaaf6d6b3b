import type { Sample } from "../history/sample.ts";
import { type SubjectCounts, slowerThan, subjectsOf } from "./counts.ts";
import { type Finding, percent, type Subject, type Watch } from "./finding.ts";
import type { BurnRule, BurnWindow } from "./rule.ts";
import { SlidingCounts } from "./window.ts";

/** Routes or services that one rule follows, at most. */
export const MOST_SUBJECTS = 5_000;

interface Followed {
  readonly subject: Subject;
  /** By the windows' lengths. */
  readonly windows: ReadonlyMap<number, SlidingCounts>;
}

/**
 * How fast each subject uses up what its objective allows, over several windows: 1 is the pace that uses it up exactly.
 * Both the long and the short one have to be beyond the bound.
 *
 * A window that is longer than the gateway has run is filled up with time without failures, at the rate of what was seen:
 * so a failure means as much in the first minute as it would after days, and a few of them at the start are no alert.
 */
export class BurnWatch implements Watch {
  readonly #rule: BurnRule;
  readonly #lengths: readonly number[];
  readonly #longest: number;
  readonly #followed = new Map<string, Followed>();
  readonly #since: number;

  /** @param since when it begins to count, in ms since 1970 */
  constructor(rule: BurnRule, since: number) {
    this.#rule = rule;
    this.#since = since;
    this.#lengths = [...new Set(rule.windows.flatMap(({ longMs, shortMs }) => [longMs, shortMs]))];
    this.#longest = Math.max(...this.#lengths);
  }

  onSample(sample: Sample): void {
    const { per, only } = this.#rule;
    for (const counted of subjectsOf(sample, per, only)) {
      const followed = this.#follow(counted);
      if (followed === undefined) continue;
      const { total, bad } = this.#judge(counted);
      for (const window of followed.windows.values()) window.add(sample.at, total, bad);
    }
  }

  /** What had no request in the longest window is forgotten. */
  findings(at: number): readonly Finding[] {
    return [...this.#followed].flatMap(([key, followed]) => {
      if (followed.windows.get(this.#longest)?.read(at).total === 0) this.#followed.delete(key);
      for (const window of this.#rule.windows) {
        const finding = this.#find(followed, window, at);
        if (finding !== undefined) return [finding];
      }
      return [];
    });
  }

  #find({ subject, windows }: Followed, window: BurnWindow, at: number): Finding | undefined {
    const { minRequests, minFailures, objective } = this.#rule;
    const { longMs, shortMs, burn, severity } = window;
    const long = windows.get(longMs)?.read(at);
    const short = windows.get(shortMs)?.read(at);
    if (long === undefined || short === undefined || long.total < minRequests || long.bad < minFailures)
      return undefined;
    const allowed = 1 - objective;
    const seen = Math.min(1, Math.max(0, at - this.#since) / longMs);
    const longBurn = (long.bad / long.total / allowed) * seen;
    const shortBurn = short.total === 0 ? 0 : short.bad / short.total / allowed;
    if (longBurn < burn || shortBurn < burn) return undefined;
    return { subject, severity, value: longBurn, threshold: burn, summary: this.#summary(subject, short, window) };
  }

  #summary(subject: Subject, short: { readonly bad: number; readonly total: number }, { shortMs }: BurnWindow): string {
    const { kind, slowerThanMs, objective } = this.#rule;
    const who = subject.route ?? subject.service ?? "all requests";
    const what = kind === "errors" ? "failed" : `took longer than ${slowerThanMs} ms`;
    const share = percent(short.bad / short.total);
    return `${who}: ${share} of the requests of the last ${duration(shortMs)} ${what}; ${percent(1 - objective)} may`;
  }

  #judge({ counts, bounds }: SubjectCounts): { readonly total: number; readonly bad: number } {
    const { kind, slowerThanMs } = this.#rule;
    if (kind === "errors") return { total: counts.requests, bad: counts.serverErrors };
    const total = counts.latency.reduce((sum, count) => sum + count, 0);
    return { total, bad: total === 0 ? 0 : slowerThan(counts.latency, bounds, slowerThanMs / 1_000) };
  }

  #follow({ key, subject }: SubjectCounts): Followed | undefined {
    const known = this.#followed.get(key);
    if (known !== undefined || this.#followed.size >= MOST_SUBJECTS) return known;
    const windows = new Map(this.#lengths.map((ms) => [ms, new SlidingCounts(ms)]));
    const followed = { subject, windows };
    this.#followed.set(key, followed);
    return followed;
  }
}

/** "5 min", "6 h". */
function duration(ms: number): string {
  if (ms >= 172_800_000) return `${round(ms / 86_400_000)} d`;
  if (ms >= 7_200_000) return `${round(ms / 3_600_000)} h`;
  return ms >= 120_000 ? `${round(ms / 60_000)} min` : `${round(ms / 1_000)} s`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
