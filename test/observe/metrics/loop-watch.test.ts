import { expect, jest, test } from "bun:test";
import { LoopWatch } from "../../../src/observe/metrics/loop-watch.ts";
import { metricsText } from "../../../src/observe/metrics/text.ts";
import { readExposition } from "../../support/exposition.ts";
import { until } from "../../support/until.ts";

const worker = { worker: "main" };
const read = (watch: LoopWatch) => readExposition(metricsText(watch.families(), "prometheus"), "prometheus");

/** A watch that is looked at by hand; its own timer is off. */
function watch() {
  // The clock stands still, so that the first look is due when the test says so.
  jest.useFakeTimers();
  const made = new LoopWatch("main");
  made.stop();
  let now = performance.now();
  jest.useRealTimers();
  /** Looks so late as that. */
  const late = (ms: number) => {
    now += 100 + ms;
    made.look(now);
  };
  late(0);
  return { made, late };
}

test("how late each look was is kept in buckets", () => {
  const { made, late } = watch();
  for (const ms of [0, 3, 30, 300]) late(ms);
  const metrics = read(made);
  const bucket = (le: string) => metrics.value("sluice_process_loop_lag_seconds_bucket", { ...worker, le });
  expect(["0.001", "0.005", "0.05", "0.5", "+Inf"].map(bucket)).toEqual([2, 3, 4, 5, 5]);
});

test("the worst lag is told for ten seconds, and then forgotten", () => {
  const { made, late } = watch();
  late(400);
  const worst = () => read(made).value("sluice_loop_lag_seconds") ?? Number.NaN;
  expect(worst()).toBeCloseTo(0.4, 3);
  for (let i = 0; i < 90; i++) late(0);
  expect(worst()).toBeCloseTo(0.4, 3);
  for (let i = 0; i < 20; i++) late(0);
  expect(worst()).toBeLessThan(0.01);
});

test("it looks by itself, and sees a loop that is held up", async () => {
  const made = new LoopWatch("main");
  const looks = () => read(made).value("sluice_process_loop_lag_seconds_count", worker) ?? 0;
  await until(() => looks() >= 2);
  Bun.sleepSync(400);
  await until(() => (read(made).value("sluice_loop_lag_seconds") ?? 0) > 0.2);
  made.stop();
  const before = looks();
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(looks()).toBe(before);
});

test("a collection is noticed", async () => {
  const made = new LoopWatch("main");
  const collections = () => read(made).value("sluice_process_gc_total", worker) ?? 0;
  await until(() => {
    Bun.gc(true);
    return collections() >= 2;
  });
  made.stop();
});
