import { describe, expect, test } from "bun:test";
import { Gate } from "../../src/identity/gate.ts";
import { SharedCalls } from "../../src/identity/shared-calls.ts";
import { turns } from "../support/turns.ts";

describe("a gate", () => {
  test("lets so many in, so many wait in their order, and refuses the others", async () => {
    const gate = new Gate(2, 2);
    const order: number[] = [];
    const works = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const runs = works.map(({ promise }, i) =>
      gate.run(async () => {
        order.push(i);
        await promise;
        return i;
      }),
    );
    await expect(gate.run(async () => 4)).rejects.toMatchObject({
      code: "overloaded",
      headers: { "retry-after": "1" },
    });
    expect(order).toEqual([0, 1]);
    works[1]?.resolve();
    expect(await runs[1]).toBe(1);
    await turns();
    expect(order).toEqual([0, 1, 2]);
    for (const work of works) work.resolve();
    expect(await Promise.all(runs)).toEqual([0, 1, 2, 3]);
  });

  test("has its places back after work that failed", async () => {
    const gate = new Gate(1, 0);
    for (let i = 0; i < 3; i++) await expect(gate.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await gate.run(async () => "yes")).toBe("yes");
  });
});

describe("shared calls", () => {
  test("are one while the first is on its way, for each key", async () => {
    const calls = new SharedCalls<string>();
    const held = Promise.withResolvers<string>();
    let count = 0;
    const call = () => {
      count++;
      return held.promise;
    };
    const both = [calls.run("a", call), calls.run("a", call), calls.run("b", call)];
    expect([count, calls.size]).toEqual([2, 2]);
    held.resolve("x");
    expect(await Promise.all(both)).toEqual(["x", "x", "x"]);
    expect(calls.size).toBe(0);
    await calls.run("a", call);
    expect(count).toBe(3);
  });

  test("fail for all who wait, and are not kept", async () => {
    const calls = new SharedCalls<string>();
    const fail = () => Promise.reject(new Error("no"));
    const both = await Promise.allSettled([calls.run("a", fail), calls.run("a", fail)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await calls.run("a", async () => "yes")).toBe("yes");
  });

  test("that were forgotten know it, and do not end the one that came after", async () => {
    const calls = new SharedCalls<string>();
    const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const run = (i: number) =>
      calls.run("a", async (isCurrent) => {
        await held[i]?.promise;
        return isCurrent() ? "current" : "forgotten";
      });
    const first = run(0);
    calls.forget("a");
    const second = run(1);
    held[0]?.resolve();
    expect(await first).toBe("forgotten");
    expect(calls.size).toBe(1);
    held[1]?.resolve();
    expect(await second).toBe("current");
  });
});
