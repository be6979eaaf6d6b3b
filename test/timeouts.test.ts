import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { Timeout, type TimeoutOwner, TimeoutQueue, timeoutQueue } from "../src/timeouts.ts";
import { until } from "./support/until.ts";

/** Ms since the test began, and which timeouts ended when. */
let startedAt = 0;
let ended: string[] = [];

function create(name: string, then: (timeout: Timeout) => void = () => undefined): Timeout {
  const owner: TimeoutOwner = {
    onTimeout(timeout) {
      ended.push(`${name} ${performance.now() - startedAt}`);
      then(timeout);
    },
  };
  return new Timeout(owner);
}

const advance = (ms: number) => jest.advanceTimersByTime(ms);

describe("timeouts, on a clock of their own", () => {
  beforeEach(() => {
    jest.useFakeTimers();
    startedAt = performance.now();
    ended = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test("one ends after the queue's time, once", () => {
    const queue = new TimeoutQueue(100);
    const timeout = create("a");
    expect(timeout.isSet).toBe(false);
    timeout.set(queue);
    expect(timeout.isSet).toBe(true);
    advance(99);
    expect(ended).toEqual([]);
    advance(1_000);
    expect(ended).toEqual(["a 100"]);
    expect(timeout.isSet).toBe(false);
  });

  test("the owner is handed the one of its timeouts that has ended, which is not set any more", () => {
    const queue = new TimeoutQueue(100);
    const seen: [Timeout, boolean][] = [];
    const owner: TimeoutOwner = { onTimeout: (timeout) => seen.push([timeout, timeout.isSet]) };
    const first = new Timeout(owner);
    const second = new Timeout(owner);
    second.set(queue);
    first.set(queue);
    advance(100);
    expect(seen).toEqual([
      [second, false],
      [first, false],
    ]);
  });

  test("several of one queue end at their own times, with one timer", () => {
    const queue = new TimeoutQueue(100);
    for (const name of ["a", "b", "c"]) {
      create(name).set(queue);
      advance(30);
    }
    expect(jest.getTimerCount()).toBe(1);
    advance(1_000);
    expect(ended).toEqual(["a 100", "b 130", "c 160"]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([
    ["the first", 0, ["b 100", "c 100"]],
    ["one in the middle", 1, ["a 100", "c 100"]],
    ["the last", 2, ["a 100", "b 100"]],
  ])("%s can be cleared", (_, index, expected) => {
    const queue = new TimeoutQueue(100);
    const timeouts = ["a", "b", "c"].map((name) => create(name));
    for (const timeout of timeouts) timeout.set(queue);
    timeouts[index]?.clear();
    timeouts[index]?.clear();
    advance(1_000);
    expect(ended).toEqual(expected);
  });

  test("all can be cleared, and the queue used again", () => {
    const queue = new TimeoutQueue(100);
    const timeouts = ["a", "b"].map((name) => create(name));
    for (const timeout of timeouts) timeout.set(queue);
    for (const timeout of timeouts) timeout.clear();
    advance(50);
    create("c").set(queue);
    advance(1_000);
    expect(ended).toEqual(["c 150"]);
    create("d").set(queue);
    advance(100);
    expect(ended).toEqual(["c 150", "d 1150"]);
  });

  test("setting again begins anew, behind the others", () => {
    const queue = new TimeoutQueue(100);
    const first = create("a");
    first.set(queue);
    create("b").set(queue);
    advance(60);
    first.set(queue);
    advance(1_000);
    expect(ended).toEqual(["b 100", "a 160"]);
  });

  test("one that is set again and again never ends", () => {
    const queue = new TimeoutQueue(100);
    const timeout = create("a");
    for (let i = 0; i < 50; i++) {
      timeout.set(queue);
      advance(99);
    }
    expect(ended).toEqual([]);
    expect(jest.getTimerCount()).toBe(1);
  });

  test("one can move to another queue", () => {
    const timeout = create("a");
    timeout.set(new TimeoutQueue(100));
    timeout.set(new TimeoutQueue(300));
    advance(1_000);
    expect(ended).toEqual(["a 300"]);
  });

  test("one that its owner sets again when it ends comes again, and delays no other", () => {
    const queue = new TimeoutQueue(100);
    let left = 3;
    const again = create("a", (timeout) => {
      if (--left > 0) timeout.set(queue);
    });
    again.set(queue);
    advance(50);
    create("b").set(queue);
    advance(1_000);
    expect(ended).toEqual(["a 100", "b 150", "a 200", "a 300"]);
  });

  test("one that ends may clear the next, also of the same moment", () => {
    const queue = new TimeoutQueue(100);
    const second = create("b");
    const first = create("a", () => second.clear());
    first.set(queue);
    second.set(queue);
    create("c").set(queue);
    advance(1_000);
    expect(ended).toEqual(["a 100", "c 100"]);
  });

  test("an owner that throws takes nobody's timeout away", () => {
    const queue = new TimeoutQueue(100);
    create("a", () => {
      throw new Error("an owner's mistake");
    }).set(queue);
    create("b").set(queue);
    advance(50);
    create("c").set(queue);
    expect(() => advance(50)).toThrow("an owner's mistake");
    advance(1_000);
    expect(ended.map((line) => line[0])).toEqual(["a", "b", "c"]);
    create("d").set(queue);
    advance(100);
    expect(ended).toHaveLength(4);
  });

  test("a duration that is longer than a timer can be does not end at once", () => {
    const month = 30 * 86_400_000;
    const timeout = create("a");
    timeout.set(new TimeoutQueue(month));
    advance(25 * 86_400_000);
    expect(ended).toEqual([]);
    advance(6 * 86_400_000);
    expect(ended).toEqual([`a ${month}`]);
  });
});

test("on the real clock one ends, and not too early", async () => {
  ended = [];
  startedAt = performance.now();
  create("a").set(new TimeoutQueue(5));
  await until(() => ended.length > 0);
  expect(Number(ended[0]?.slice(2))).toBeGreaterThanOrEqual(5);
});

test("one that is set keeps no process running", async () => {
  const script = `import { Timeout, TimeoutQueue } from ${JSON.stringify(Bun.resolveSync("../src/timeouts.ts", import.meta.dir))};
    new Timeout({ onTimeout() {} }).set(new TimeoutQueue(60_000));`;
  const child = Bun.spawn([process.execPath, "-e", script], { stderr: "inherit" });
  expect(await child.exited).toBe(0);
});

test("there is one queue for each duration", () => {
  expect(timeoutQueue(12_345)).toBe(timeoutQueue(12_345));
  expect(timeoutQueue(12_345)).not.toBe(timeoutQueue(12_346));
  expect(timeoutQueue(12_345).ms).toBe(12_345);
});
