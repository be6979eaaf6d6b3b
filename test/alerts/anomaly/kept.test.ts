import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { KeptBaselines, type LearntByRule } from "../../../src/alerts/anomaly/kept.ts";
import { createTestLasting } from "../../../src/testing/lasting.ts";
import { tempFolder } from "../../support/temp.ts";
import { START } from "../setup.ts";

const STATE = { firstAt: START, level: 1, variance: 0.1, season: [1, 2], visits: [3, 4] };
const LEARNT: LearntByRule = { anomalies: { shop: { rate: STATE } } };

test("what was written is read, and nothing else is left in the folder", async () => {
  using folder = tempFolder();
  const { log, logs } = createTestLasting();
  const kept = new KeptBaselines(folder.file("state.json"), log, START);
  expect(kept.load()).toEqual({});
  await Promise.all([kept.save(START, {}), kept.save(START, LEARNT)]);
  expect(kept.load()).toEqual(LEARNT);
  expect(readdirSync(folder.path)).toEqual(["state.json"]);
  expect(logs).toEqual([]);
});

test("it is written once in a quarter of an hour", async () => {
  using folder = tempFolder();
  const { log } = createTestLasting();
  const kept = new KeptBaselines(folder.file("state.json"), log, START);
  let asked = 0;
  const learnt = () => {
    asked++;
    return LEARNT;
  };
  for (let minute = 0; minute < 31; minute++) kept.saveSeldom(START + minute * 60_000, learnt);
  await kept.save(START, LEARNT);
  expect(asked).toBe(2);
});

test.each(["{", "[]", '{"version":2,"rules":{}}', '{"version":1,"rules":{"a":{"b":{"rate":{"season":["x"]}}}}}'])(
  "a file with %s is learned anew, and the log has why",
  (text) => {
    using folder = tempFolder();
    const { log, logs } = createTestLasting();
    expect(new KeptBaselines(folder.write("state.json", text), log, START).load()).toEqual({});
    expect(logs).toHaveLength(1);
  },
);

test("a folder that is gone is told once", async () => {
  using folder = tempFolder();
  const { log, logs } = createTestLasting();
  const kept = new KeptBaselines(folder.file("gone/state.json"), log, START);
  await kept.save(START, LEARNT);
  await kept.save(START, LEARNT);
  expect(logs).toHaveLength(1);
  folder.write("gone/x", "");
  await kept.save(START, LEARNT);
  expect(JSON.parse(readFileSync(folder.file("gone/state.json"), "utf8")).rules).toEqual(LEARNT);
});
