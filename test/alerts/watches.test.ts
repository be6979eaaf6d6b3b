import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Watches } from "../../src/alerts/watches.ts";
import type { AlertsConfig } from "../../src/config/schema-alerts.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";
import { counts, START, sample } from "./setup.ts";

const MINUTE_MS = 60_000;

/** Alerts that learn, and nothing else. */
function alertsOf(more: Partial<NonNullable<AlertsConfig["anomalies"]>>): AlertsConfig {
  const anomalies = { change: 0.5, season: "day", ...more } as const;
  return { webhooks: [], rules: [], anomalies, instance: "", repeat: 0, "group-wait": 0, "group-interval": 0 };
}

/** Has watched one route for so many minutes, beginning with the start. */
function watching(config: AlertsConfig | undefined, minutes: number, watches = newWatches(), from = START) {
  watches.configure(config, from);
  for (let second = 0; second <= minutes * 60; second += 20)
    watches.onSample(sample(from + second * 1_000, { shop: counts(100) }));
  return watches;
}

function newWatches(): Watches {
  return new Watches(createTestLasting().log);
}

interface File {
  readonly rules: Readonly<
    Record<string, { readonly shop?: { readonly rate: { readonly visits: readonly number[] } } }>
  >;
}

/** Minutes that were learned from, as a file has them; undefined where it has none. */
function visitsIn(file: string): number | undefined {
  try {
    const { rules } = JSON.parse(readFileSync(file, "utf8")) as File;
    return rules.anomalies?.shop?.rate.visits.reduce((sum, visits) => sum + visits, 0);
  } catch {
    return undefined;
  }
}

describe("what was learned when a reload changes its file", () => {
  test("is in the new one at once, and in the old one", async () => {
    using folder = tempFolder();
    const [a, b] = [folder.file("a.json"), folder.file("b.json")];
    const watches = watching(alertsOf({ state: a }), 40);
    watches.configure(alertsOf({ state: b }), START + 41 * MINUTE_MS);
    await until(() => visitsIn(a) !== undefined && visitsIn(b) !== undefined);
    expect(visitsIn(a)).toBeGreaterThan(25);
    expect(visitsIn(b)).toBe(visitsIn(a));
  });

  test("is in the first one that is named", async () => {
    using folder = tempFolder();
    const file = folder.file("a.json");
    const watches = watching(alertsOf({}), 40);
    watches.configure(alertsOf({ state: file }), START + 41 * MINUTE_MS);
    await until(() => (visitsIn(file) ?? 0) > 25);
  });

  test.each([undefined, alertsOf({})])("is in the old one where none is named any more: %p", async (next) => {
    using folder = tempFolder();
    const file = folder.file("a.json");
    const watches = watching(alertsOf({ state: file }), 40);
    watches.configure(next, START + 41 * MINUTE_MS);
    await until(() => (visitsIn(file) ?? 0) > 25);
    await watches.close(START + 42 * MINUTE_MS);
    expect(visitsIn(file)).toBeGreaterThan(25);
  });

  test("is written before the gateway has closed, however soon that is", async () => {
    using folder = tempFolder();
    const [a, b] = [folder.file("a.json"), folder.file("b.json")];
    const watches = watching(alertsOf({ state: a }), 40);
    watches.configure(alertsOf({ state: b }), START + 41 * MINUTE_MS);
    await watches.close(START + 41 * MINUTE_MS);
    expect(visitsIn(a)).toBeGreaterThan(25);
    expect(visitsIn(b)).toBeGreaterThan(25);
  });

  test("counts more than what the new file has, which is kept of others", async () => {
    using folder = tempFolder();
    const [a, b] = [folder.file("a.json"), folder.file("b.json")];
    await watching(alertsOf({ state: b }), 20).close(START);
    const before = JSON.parse(readFileSync(b, "utf8")) as File;
    const { shop } = before.rules.anomalies ?? {};
    await Bun.write(b, JSON.stringify({ ...before, rules: { anomalies: { shop, other: shop } } }));
    const watches = watching(alertsOf({ state: a }), 40);
    // The rule is another one, too: it begins with what it knows.
    watches.configure(alertsOf({ state: b, change: 0.9 }), START + 41 * MINUTE_MS);
    await watches.close(START + 41 * MINUTE_MS);
    expect(visitsIn(b)).toBe(visitsIn(a));
    expect(Object.keys((JSON.parse(readFileSync(b, "utf8")) as File).rules.anomalies ?? {})).toContain("other");
  });

  test("is not written over by a start that is ended at once", async () => {
    using folder = tempFolder();
    const file = folder.file("a.json");
    await watching(alertsOf({ state: file }), 40).close(START);
    const kept = visitsIn(file);
    const started = newWatches();
    started.configure(alertsOf({ state: file }), START + 80 * MINUTE_MS);
    await started.close(START + 80 * MINUTE_MS);
    expect(visitsIn(file)).toBe(kept);
  });
});

test("a rule that is changed goes on with what it has learned, the file as it was", async () => {
  using folder = tempFolder();
  const file = folder.file("a.json");
  const watches = watching(alertsOf({ state: file }), 40);
  watching(alertsOf({ state: file, change: 0.9 }), 40, watches, START + 40 * MINUTE_MS);
  await watches.close(START + 80 * MINUTE_MS);
  expect(visitsIn(file)).toBeGreaterThan(60);
});
