import { BurnWatch } from "../../../src/alerts/burn-rate.ts";
import type { Sample } from "../../../src/history/sample.ts";
import { ruleOf } from "../setup.ts";
import { sampleOf } from "./sample.ts";
import { DAY_MINUTES, type Profile, START_MS, Traffic, WEEK_MINUTES } from "./traffic.ts";

/** Routes that keep their objective of 99.9 % by far. */
export const KEEPING: readonly Profile[] = [
  { name: "3,000 a minute", rate: 3_000, weekend: 0.6, errors: 0.0002, medianMs: 40 },
  { name: "300 a minute", rate: 300, weekend: 1.2, errors: 0.0002, medianMs: 120 },
  { name: "30 a minute", rate: 30, weekend: 0.3, errors: 0.0002, medianMs: 200 },
];

/** What goes wrong for so long, and whether it is worth a night's sleep. */
export const FAILURES = [
  { name: "all fail, 10 min", share: 1, minutes: 10, isUrgent: true },
  { name: "10 % fail, 30 min", share: 0.1, minutes: 30, isUrgent: true },
  { name: "2 % fail, 2 h", share: 0.02, minutes: 120, isUrgent: true },
  { name: "0.8 % fail, 8 h", share: 0.008, minutes: 480, isUrgent: true },
  { name: "0.2 % fail, 3 d", share: 0.002, minutes: 4_320, isUrgent: false },
  { name: "half fail, 1 min", share: 0.5, minutes: 1, isUrgent: false },
] as const;

export interface BurnFound {
  readonly name: string;
  count: number;
  critical: number;
  warned: number;
  /** Minutes to the first alert of what was found. */
  readonly minutes: number[];
  /** Minutes from its end until no alert that is critical holds. */
  readonly after: number[];
}

export interface BurnResult {
  readonly profile: string;
  weeks: number;
  /** Beginnings of critical alerts, and of warnings, without anything that was wrong. */
  critical: number;
  warnings: number;
  readonly failures: readonly BurnFound[];
}

/** Half a day before, and a week after each. */
const BEFORE_MINUTES = DAY_MINUTES / 2;

/** What the errors rule with its published windows finds in weeks without and with known failures. */
export function studyBurnRates(
  profile: Profile,
  { weeks, seeds }: { readonly weeks: number; readonly seeds: readonly number[] },
): BurnResult {
  const failures = FAILURES.map(({ name }) => ({ name, count: 0, critical: 0, warned: 0, minutes: [], after: [] }));
  const result: BurnResult = { profile: profile.name, weeks: 0, critical: 0, warnings: 0, failures };
  for (const seed of seeds) {
    quiet(profile, seed, weeks, result);
    for (const [index] of FAILURES.entries()) failing(profile, seed * 100 + index, index, result);
  }
  return result;
}

function quiet(profile: Profile, seed: number, weeks: number, result: BurnResult): void {
  const watch = new BurnWatch(ruleOf({ kind: "errors" }), START_MS);
  const traffic = new Traffic(profile, seed);
  let before: string | undefined;
  for (let minute = 0; minute < weeks * WEEK_MINUTES; minute++) {
    const now = severityOf(watch, sampleOf(traffic.next(), minute));
    if (now === "critical" && before !== "critical") result.critical++;
    if (now === "warning" && before === undefined) result.warnings++;
    before = now;
  }
  result.weeks += weeks;
}

function failing(profile: Profile, seed: number, index: number, result: BurnResult): void {
  const failure = FAILURES[index];
  const found = result.failures[index];
  if (failure === undefined || found === undefined) return;
  const watch = new BurnWatch(ruleOf({ kind: "errors" }), START_MS);
  const traffic = new Traffic(profile, seed);
  found.count++;
  let first: number | undefined;
  let lastCritical: number | undefined;
  let isWarned = false;
  for (let minute = 0; minute < BEFORE_MINUTES + failure.minutes + DAY_MINUTES; minute++) {
    const since = minute - BEFORE_MINUTES;
    const isWrong = since >= 0 && since < failure.minutes;
    const severity = severityOf(watch, sampleOf(traffic.next(isWrong ? { errors: failure.share } : {}), minute));
    if (since < 0 || severity === undefined) continue;
    first ??= since + 1;
    if (severity === "critical") lastCritical = since;
    else isWarned = true;
  }
  if (first !== undefined) found.minutes.push(first);
  if (lastCritical !== undefined) {
    found.critical++;
    found.after.push(Math.max(0, lastCritical + 1 - failure.minutes));
  } else if (isWarned) found.warned++;
}

function severityOf(watch: BurnWatch, sample: Sample): string | undefined {
  watch.onSample(sample);
  return watch.findings(sample.at)[0]?.severity;
}
