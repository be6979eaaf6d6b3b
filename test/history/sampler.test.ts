import { describe, expect, test } from "bun:test";
import type { Sample } from "../../src/history/sample.ts";
import { Sampler } from "../../src/history/sampler.ts";
import { createLogger, createNullLogger } from "../../src/observe/log.ts";
import type { Family } from "../../src/observe/metrics/family.ts";
import { countsOf } from "./families.ts";

function setUp() {
  const state = { now: 1_000, elapsed: 0, counts: new Map<string, readonly Family[]>() };
  const sampler = new Sampler({
    counts: () => state.counts,
    now: () => state.now,
    elapsed: () => state.elapsed,
    log: createNullLogger(),
  });
  const take = (counts: Record<string, readonly Family[]>): Promise<Sample> => {
    state.now += 1_000;
    state.elapsed += 1_000;
    state.counts = new Map(Object.entries(counts));
    return sampler.take();
  };
  return { sampler, state, take };
}

describe("a sample", () => {
  test("has what the counts have grown by", async () => {
    const { take } = setUp();
    await take({ a: countsOf(10) });
    const sample = await take({ a: countsOf(16, { failed: 2, refused: 1 }) });
    expect(sample).toMatchObject({ at: 3_000, seconds: 1 });
    expect(sample.routes.get("users")).toMatchObject({ requests: 6, clientErrors: 1, serverErrors: 2 });
    expect(sample.routes.get("users")?.latency[0]).toBe(6);
    expect(sample.services.get("backend")).toMatchObject({ requests: 6, clientErrors: 0, serverErrors: 2 });
    expect(sample.total).toMatchObject({ requests: 6, clientErrors: 1, serverErrors: 2 });
  });

  test("leaves out what had no request", async () => {
    const { take } = setUp();
    await take({ a: countsOf(10) });
    const sample = await take({ a: countsOf(10) });
    expect(sample.routes.size).toBe(0);
    expect(sample.services.size).toBe(0);
    expect(sample.total.requests).toBe(0);
  });

  test("adds up processes", async () => {
    const { take } = setUp();
    const sample = await take({ a: countsOf(3), b: [...countsOf(4)] });
    expect(sample.total.requests).toBe(7);
    expect(sample.routes.get("users")?.requests).toBe(7);
  });

  test("takes a process that was silent for a while as the one that it was", async () => {
    const { take } = setUp();
    await take({ a: countsOf(1_000), b: countsOf(1_000) });
    expect((await take({ a: countsOf(1_001) })).total.requests).toBe(1);
    expect((await take({ a: countsOf(1_002), b: countsOf(1_005) })).total.requests).toBe(6);
  });

  test("counts a process that has come anew from nothing", async () => {
    const { take } = setUp();
    await take({ "1/100": countsOf(1_000) });
    expect((await take({ "1/101": countsOf(7) })).total.requests).toBe(7);
  });

  test("has nothing of a count that has become less", async () => {
    const { take } = setUp();
    await take({ a: countsOf(50) });
    expect((await take({ a: countsOf(20) })).total.requests).toBe(0);
    expect((await take({ a: countsOf(21) })).total.requests).toBe(1);
  });

  test.each([-3_600_000, 3_600_000])("has its true length also where the clock was set by %p ms", async (ms) => {
    const { state, take } = setUp();
    const before = await take({ a: countsOf(1) });
    state.now += ms;
    const sample = await take({ a: countsOf(2) });
    expect(sample.seconds).toBe(1);
    expect(sample.at).toBeGreaterThan(before.at);
  });
});

describe("the sampler", () => {
  test("forgets a process that is silent for long", async () => {
    const { take } = setUp();
    await take({ a: countsOf(1_000) });
    for (let i = 0; i <= 121; i++) await take({});
    expect((await take({ a: countsOf(1_000) })).total.requests).toBe(1_000);
  });

  test("tells all its listeners, also if one of them fails, until they have enough", async () => {
    const logs: string[] = [];
    const log = createLogger({
      level: "info",
      format: "json",
      redact: [],
      write: (line) => logs.push(line),
      now: () => 0,
    });
    const sampler = new Sampler({ counts: () => new Map(), now: Date.now, log });
    let told = 0;
    sampler.listen(() => {
      throw new Error("boom");
    });
    const stop = sampler.listen(() => told++);
    await sampler.take();
    stop();
    await sampler.take();
    expect(told).toBe(1);
    expect(logs.filter((line) => line.includes("a sample of the counts failed"))).toHaveLength(2);
  });

  test("goes on by itself, also after a failure, until it is stopped", async () => {
    const third = Promise.withResolvers<void>();
    let asked = 0;
    const counts = () => {
      asked++;
      if (asked === 1) throw new Error("boom");
      if (asked === 3) third.resolve();
      return new Map();
    };
    const sampler = new Sampler({ counts, now: Date.now, log: createNullLogger() });
    sampler.start();
    await third.promise;
    sampler.stop();
    const before = asked;
    await Bun.sleep(1_200);
    expect(asked).toBe(before);
  });
});
