import { expect, test } from "bun:test";
import { pause } from "../src/pause.ts";

const DAY_MS = 86_400_000;

test("a pause ends when its time is over", async () => {
  const startedAt = performance.now();
  await pause(20, new AbortController().signal);
  // Timers count whole milliseconds.
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19);
});

test("a pause ends as soon as the signal aborts, and at once if it has before", async () => {
  const controller = new AbortController();
  const paused = pause(60 * DAY_MS, controller.signal);
  controller.abort();
  await paused;
  await pause(DAY_MS, controller.signal);
});

test("a pause longer than a timer can wait is not over at once", async () => {
  const controller = new AbortController();
  const long = pause(60 * DAY_MS, controller.signal).then(() => "long");
  const short = pause(20, controller.signal).then(() => "short");
  expect(await Promise.race([long, short])).toBe("short");
  controller.abort();
});

test("a pause that is over before it begins is short, and nothing to warn of", async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => void warnings.push(name);
  process.on("warning", note);
  await pause(-16, new AbortController().signal);
  process.off("warning", note);
  expect(warnings).toEqual([]);
});
