import { expect, test } from "bun:test";
import { createNullLogger } from "../../../src/observe/log.ts";
import { OutlierDetector } from "../../../src/upstream/health/outlier.ts";
import { TargetHealth } from "../../../src/upstream/health/target-health.ts";
import { serviceConfig } from "../support.ts";

function setUp(count: number, options: Readonly<Record<string, unknown>> = {}) {
  let ms = 0;
  const now = () => ms;
  const config = serviceConfig({ targets: ["http://a.test"], "outlier-detection": options })["outlier-detection"];
  if (config === undefined) throw new Error("no outlier detection");
  const tools = { log: createNullLogger(), now, elapsed: now, slowStartMs: () => 0 };
  const targets = Array.from({ length: count }, () => new TargetHealth(tools));
  const detector = new OutlierDetector(config, now);
  detector.follow(targets);
  detector.start();
  const fail = (index: number, times: number) => {
    for (let i = 0; i < times; i++) targets[index]?.listener?.onOutcome(true, -1);
  };
  const advance = (by: number) => {
    ms += by;
    detector.tick();
  };
  const out = () => targets.flatMap(({ isUsable }, index) => (isUsable ? [] : [index]));
  return { targets, detector, fail, advance, out, [Symbol.dispose]: () => detector.stop() };
}

test("five failures in a row eject, and a success between them starts the row anew", () => {
  using t = setUp(3);
  t.fail(0, 4);
  t.targets[0]?.listener?.onOutcome(false, 1);
  t.fail(0, 4);
  expect(t.out()).toEqual([]);
  t.fail(0, 1);
  expect(t.out()).toEqual([0]);
});

test("an ejection lasts 30 s, the next one twice as long, and never more than the longest", () => {
  using t = setUp(3, { "max-ejection": "70s" });
  for (const lastsMs of [30_000, 60_000, 70_000]) {
    t.fail(0, 5);
    t.advance(lastsMs - 1);
    expect(t.out()).toEqual([0]);
    t.advance(1);
    expect(t.out()).toEqual([]);
  }
});

test("at most a tenth is ejected, but one; and never all", () => {
  using few = setUp(3);
  for (const index of [0, 1, 2]) few.fail(index, 5);
  expect(few.out()).toEqual([0]);
  using greedy = setUp(2, { "max-ejected": "100%" });
  for (const index of [0, 1]) greedy.fail(index, 5);
  expect(greedy.out()).toEqual([0]);
  using alone = setUp(1);
  alone.fail(0, 50);
  expect(alone.out()).toEqual([]);
});

test("of five targets with a hundred requests the one far below the mean is ejected", () => {
  const run = (requests: number) => {
    const t = setUp(5, { "consecutive-failures": 0 });
    for (const [index, { listener }] of t.targets.entries()) {
      for (let i = 0; i < requests; i++) listener?.onOutcome(index === 2 && i % 2 === 0, 1);
    }
    t.advance(10_000);
    t.detector.stop();
    return t.out();
  };
  expect(run(100)).toEqual([2]);
  expect(run(99)).toEqual([]);
});
