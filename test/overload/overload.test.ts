import { describe, expect, test } from "bun:test";
import { Overload } from "../../src/overload/overload.ts";
import { watchOverload } from "../../src/overload/watch.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { until } from "../support/until.ts";

const NEVER = { "loop-lag": 0, memory: 0, hold: 1_000 };
const MB = 1_048_576;

function start(config: Partial<typeof NEVER>) {
  const { log, logs } = createTestLasting();
  const overload = new Overload({ ...NEVER, ...config }, log);
  let now = 0;
  return {
    overload,
    logs,
    /** Two looks with the same lag, 100 ms apart, then the level. */
    lag(lagMs: number): number {
      for (let i = 0; i < 2; i++) {
        now += 100;
        overload.measure({ lagMs }, now);
      }
      return overload.level;
    },
    memory(mb: number): number {
      now += 1_000;
      overload.measure({ lagMs: 0, residentBytes: mb * MB }, now);
      return overload.level;
    },
  };
}

describe("lag", () => {
  test("refuses low priority at the bound, normal at twice, high at four times", () => {
    const { lag } = start({ "loop-lag": 100 });
    expect([lag(99), lag(100), lag(200), lag(399), lag(400)]).toEqual([0, 1, 2, 2, 3]);
  });

  test("in one look alone is a pause, and refuses nothing", () => {
    const { overload } = start({ "loop-lag": 100 });
    for (const [i, lagMs] of [0, 5_000, 0, 5_000, 0].entries()) overload.measure({ lagMs }, i * 100);
    expect(overload.level).toBe(0);
  });

  test("is told once when it begins, when it gets worse, and when it is over, with the number of the refused", () => {
    const { overload, lag, logs } = start({ "loop-lag": 100 });
    for (let i = 0; i < 5; i++) lag(150);
    expect(overload.refusal(1).headers).toEqual({ "retry-after": "1" });
    for (let i = 0; i < 5; i++) lag(250);
    for (let i = 0; i < 20; i++) lag(0);
    expect(logs.map(({ level, message, fields }) => [level, message, fields.refuses])).toEqual([
      ["warn", "overload: requests are refused by priority", ["low"]],
      ["warn", "overload: requests are refused by priority", ["low", "normal"]],
      ["info", "overload lessens: more priorities are served", ["low"]],
      ["info", "overload is over: all requests are served", []],
    ]);
    expect(logs.at(-1)?.fields.refused).toBe(1);
  });
});

describe("memory", () => {
  test("refuses low priority from 85 %, normal from 92 %, high from 100 %, and serves them again with room to spare", () => {
    const { memory } = start({ memory: 1_000 * MB });
    expect([memory(849), memory(850), memory(920), memory(1_000)]).toEqual([0, 1, 2, 3]);
    expect([memory(960), memory(940), memory(860), memory(790), memory(790)]).toEqual([3, 3, 2, 1, 0]);
  });

  test("counts together with lag: the worse of both decides", () => {
    const { lag, memory } = start({ "loop-lag": 100, memory: 1_000 * MB });
    expect(memory(930)).toBe(2);
    expect(lag(120)).toBe(2);
    expect(lag(500)).toBe(3);
  });
});

describe("the watch", () => {
  test("is none without a bound", () => {
    const { overload } = start({});
    const stop = watchOverload(overload, () => {
      throw new Error("nobody needs it");
    });
    stop();
    expect(overload.isWatched).toBe(false);
  });

  test("measures a loop that is held up, and one that is free again", async () => {
    const { overload } = start({ "loop-lag": 50, hold: 300 });
    const stop = watchOverload(overload, () => 0);
    const blocker = setInterval(() => Bun.sleepSync(250), 1);
    await until(() => overload.level > 0, { what: "the lag is seen" });
    clearInterval(blocker);
    await until(() => overload.level === 0, { timeout: 20_000, what: "it is over" });
    stop();
  }, 60_000);

  test("asks for memory, and stops when it is told to", async () => {
    const { overload } = start({ memory: 100 * MB });
    let asked = 0;
    const stop = watchOverload(overload, () => {
      asked++;
      return 200 * MB;
    });
    await until(() => overload.level === 3, { what: "memory is seen" });
    stop();
    const before = asked;
    let askedOther = 0;
    const stopOther = watchOverload(overload, () => {
      askedOther++;
      return 0;
    });
    await until(() => askedOther >= 2, { what: "another watch has asked twice" });
    stopOther();
    expect(asked).toBe(before);
  });
});
