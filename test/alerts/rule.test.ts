import { expect, test } from "bun:test";
import { rulesOf } from "../../src/alerts/rule.ts";
import { ruleOf } from "./setup.ts";

const names = (rules: Parameters<typeof rulesOf>[0]) => rulesOf(rules).map(({ name }) => name);

test("default is all rules that are built in, in place of which others come by their names", () => {
  const all = names({ rules: ["default"] });
  expect(all).toContain("errors");
  expect(names({ rules: ["targets", "errors"] })).toEqual(["targets", "errors"]);
  const own = rulesOf({ rules: ["default", { name: "errors", kind: "errors", objective: 0.9 }] });
  expect(own.map(({ name }) => name)).toEqual(all);
  expect(own.find(({ name }) => name === "errors")).toMatchObject({ objective: 0.9 });
});

test("the windows are the published ones, those of critical alerts first", () => {
  const { windows } = ruleOf({ kind: "errors" });
  expect(
    windows.map(({ burn, longMs, shortMs, severity }) => [burn, longMs / 60_000, shortMs / 60_000, severity]),
  ).toEqual([
    [14.4, 60, 5, "critical"],
    [6, 360, 30, "critical"],
    [1, 4_320, 360, "warning"],
  ]);
});

test("anomalies alone make a rule, and beside rules of that kind say what they leave unsaid", () => {
  const anomalies = { change: 0.3, season: "day" as const };
  expect(rulesOf({ rules: [], anomalies })).toMatchObject([
    { name: "anomalies", kind: "anomaly", change: 0.3, seasonMs: 86_400_000, of: ["rate", "errors", "latency"] },
  ]);
  const own = { name: "traffic", kind: "anomaly", of: "rate", change: 0.7 } as const;
  expect(rulesOf({ rules: [own], anomalies })).toMatchObject([
    { name: "traffic", of: ["rate"], change: 0.7, seasonMs: 86_400_000 },
  ]);
});
