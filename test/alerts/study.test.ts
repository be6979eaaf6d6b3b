import { describe, expect, test } from "bun:test";
import { PROFILES, studyAnomalies } from "./study/anomalies.ts";
import { KEEPING, studyBurnRates } from "./study/burn-rates.ts";
import { INCIDENTS } from "./study/incidents.ts";

// The page has the whole study; this is a part of it, with seeds of its own, that holds the detectors to bounds.

const alarms = (falseAlarms: Readonly<Record<string, number>>) =>
  Object.values(falseAlarms).reduce((sum, count) => sum + count, 0);

describe("of anomalies, in generated weeks,", () => {
  const [busy, middle, idle] = PROFILES.map((profile) => studyAnomalies(profile, { weeks: 8, seeds: [11] }));

  test("false alarms are few", () => {
    for (const result of [busy, middle]) expect(alarms(result?.falseAlarms ?? {})).toBeLessThanOrEqual(2);
    // Less than one a week.
    expect(alarms(idle?.falseAlarms ?? {})).toBeLessThanOrEqual(6);
  });

  test("every incident of a busy route is found, and soon", () => {
    const longest: Readonly<Record<string, number>> = { "errors creep": 90, "latency creep": 150 };
    for (const [name, { count, missed, minutes }] of busy?.incidents ?? []) {
      expect(count).toBeGreaterThan(0);
      expect({ name, missed }).toEqual({ name, missed: 0 });
      const bound = longest[name.split(":")[0] ?? ""] ?? 8;
      expect(Math.max(...minutes)).toBeLessThanOrEqual(bound);
    }
  });

  test("an idle route misses only what few requests cannot tell", () => {
    const blurred = ["errors: 3 %", "errors creep", "errors: 10 %"];
    const clear = INCIDENTS.filter(({ name }) => !blurred.some((begin) => name.startsWith(begin)));
    const found = clear.map(({ name }) => idle?.incidents.get(name) ?? { count: 0, missed: 0, minutes: [] });
    const count = found.reduce((sum, one) => sum + one.count, 0);
    const missed = found.reduce((sum, one) => sum + one.missed, 0);
    expect(count).toBeGreaterThan(10);
    expect(missed / count).toBeLessThanOrEqual(0.15);
  });
});

describe("of burn rates, in generated weeks,", () => {
  const results = KEEPING.map((profile) => studyBurnRates(profile, { weeks: 3, seeds: [11] }));

  test("there is no false alarm where the objective is kept", () => {
    for (const { critical, warnings } of results) expect({ critical, warnings }).toEqual({ critical: 0, warnings: 0 });
  });

  test("failures are found as soon as they have used up what is published, and spikes are not", () => {
    for (const { failures } of results) {
      const first = (begin: string) => failures.find(({ name }) => name.startsWith(begin))?.minutes[0] ?? Number.NaN;
      expect(first("all fail")).toBeLessThanOrEqual(2);
      expect(first("10 %")).toBeWithin(5, 15);
      expect(first("2 %")).toBeWithin(25, 75);
      expect(first("0.8 %")).toBeWithin(150, 360);
      expect(first("0.2 %")).toBeWithin(600, 2_880);
      expect(failures.find(({ name }) => name.startsWith("half"))?.minutes).toEqual([]);
    }
  });

  test("what is urgent is critical, what is slow is a warning", () => {
    for (const { failures } of results) {
      expect(failures.map(({ critical, warned }) => [critical, warned])).toEqual([
        [1, 0],
        [1, 0],
        [1, 0],
        [1, 0],
        [0, 1],
        [0, 0],
      ]);
    }
  });

  test("a critical alert ends half an hour after its cause at the latest", () => {
    for (const { failures } of results)
      for (const { after } of failures) for (const one of after) expect(one).toBeLessThanOrEqual(32);
  });
});
