import { AnomalyWatch } from "../../../src/alerts/anomaly/watch.ts";
import { rulesOf } from "../../../src/alerts/rule.ts";
import { INCIDENTS } from "./incidents.ts";
import { sampleOf } from "./sample.ts";
import { DAY_MINUTES, type Profile, Traffic, WEEK_MINUTES } from "./traffic.ts";

/** Busy and idle routes, with much and little of a weekend. */
export const PROFILES: readonly Profile[] = [
  { name: "3,000 a minute", rate: 3_000, weekend: 0.6, errors: 0.001, medianMs: 40 },
  { name: "300 a minute", rate: 300, weekend: 1.2, errors: 0.002, medianMs: 120 },
  { name: "30 a minute", rate: 30, weekend: 0.3, errors: 0.005, medianMs: 200 },
];

export interface StudyOptions {
  readonly weeks: number;
  readonly seeds: readonly number[];
}

export interface Found {
  count: number;
  missed: number;
  /** Minutes from its beginning, of those that were found. */
  readonly minutes: number[];
}

export interface AnomalyResult {
  readonly profile: string;
  /** Of the weeks after the two of learning. */
  weeks: number;
  /** Alerts without an incident, by signal. */
  readonly falseAlarms: Record<string, number>;
  /** Of those, the ones on a holiday. */
  holidayAlarms: number;
  holidays: number;
  readonly incidents: Map<string, Found>;
}

/** Weeks without incidents at the beginning, in which the detector learns. */
const LEARNING_WEEKS = 2;
/** Between the beginnings of two incidents, and before the first. */
const PAUSE_MINUTES = 31 * 60;
/** After an incident what is found belongs to it. */
const AFTER_MINUTES = 45;
/** Alerts of one signal that follow so soon are one. */
const SAME_MINUTES = 10;

interface Running {
  readonly index: number;
  readonly since: number;
  readonly until: number;
}

/** What the detector finds in generated traffic with known incidents. */
export function studyAnomalies(profile: Profile, { weeks, seeds }: StudyOptions): AnomalyResult {
  const incidents = new Map(INCIDENTS.map(({ name }) => [name, { count: 0, missed: 0, minutes: [] as number[] }]));
  const result: AnomalyResult = {
    profile: profile.name,
    weeks: 0,
    falseAlarms: {},
    holidayAlarms: 0,
    holidays: 0,
    incidents,
  };
  for (const seed of seeds) {
    result.weeks += weeks - LEARNING_WEEKS;
    run(profile, seed, weeks * WEEK_MINUTES, result);
  }
  return result;
}

function run(profile: Profile, seed: number, minutes: number, result: AnomalyResult): void {
  const [rule] = rulesOf({ rules: [{ name: "anomaly", kind: "anomaly" }] });
  if (rule?.kind !== "anomaly") throw new Error("no rule of anomalies");
  const watch = new AnomalyWatch(rule);
  const traffic = new Traffic(profile, seed);
  const lastSeen = new Map<string, number>();
  let next = LEARNING_WEEKS * WEEK_MINUTES + PAUSE_MINUTES;
  let index = seed;
  let running: Running | undefined;
  let isFound = false;
  for (let minute = 0; minute < minutes; minute++) {
    if (minute === next) {
      const { minutes: length } = INCIDENTS[index % INCIDENTS.length] ?? { minutes: 0 };
      running = { index: index % INCIDENTS.length, since: minute, until: minute + length };
      isFound = false;
      next += PAUSE_MINUTES;
      index++;
    }
    const incident = running === undefined || minute >= running.until ? undefined : INCIDENTS[running.index];
    const effect = incident?.effect(minute - (running?.since ?? 0)) ?? {};
    const isHoliday = holiday(minute);
    if (isHoliday && minute % DAY_MINUTES === 0) result.holidays++;
    watch.onSample(sampleOf(traffic.next(effect, isHoliday), minute));
    for (const { subject } of watch.findings()) {
      const signal = subject.signal ?? "";
      const isNew = minute - (lastSeen.get(signal) ?? Number.NEGATIVE_INFINITY) > SAME_MINUTES;
      lastSeen.set(signal, minute);
      if (running !== undefined && minute < running.until + AFTER_MINUTES) {
        if (!isFound && minute < running.until) {
          isFound = true;
          result.incidents.get(INCIDENTS[running.index]?.name ?? "")?.minutes.push(minute - running.since);
        }
      } else if (isNew) {
        if (isHoliday || holiday(minute - DAY_MINUTES / 4)) result.holidayAlarms++;
        else result.falseAlarms[signal] = (result.falseAlarms[signal] ?? 0) + 1;
      }
    }
    if (running !== undefined && minute === running.until) {
      const found = result.incidents.get(INCIDENTS[running.index]?.name ?? "");
      if (found !== undefined) {
        found.count++;
        if (!isFound) found.missed++;
      }
    }
  }
}

/** The Thursday of every fifth week. */
function holiday(minute: number): boolean {
  const day = Math.floor(minute / DAY_MINUTES);
  return day % 35 === 31;
}
