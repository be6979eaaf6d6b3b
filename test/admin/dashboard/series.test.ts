import { describe, expect, test } from "bun:test";
import { aheadMs, extended, latest } from "../../../src/admin/dashboard/page/model/series.ts";
import { failing, median, trafficOf } from "../../../src/admin/dashboard/page/model/traffic.ts";
import { history } from "./facts.ts";

describe("a history", () => {
  test("goes on with what is new, and takes nothing twice", () => {
    const all = extended(history(1, [1, 2, 3]), history(3, [3, 4, 5]), 60_000);
    expect(all.at).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(all.total.requests).toEqual([1, 2, 3, 4, 5]);
    expect(all.total.p99Ms).toEqual([3, 6, 9, 12, 15]);
  });

  test("stays as it is where nothing is new, and begins anew with other steps", () => {
    const known = history(1, [1, 2]);
    expect(extended(known, history(1, [1, 2]), 60_000)).toBe(known);
    expect(extended(known, history(1, []), 60_000)).toBe(known);
    const minutes = { ...history(1, [7]), stepMs: 60_000 };
    expect(extended(known, minutes, 60_000)).toBe(minutes);
    expect(extended(undefined, known, 60_000)).toBe(known);
  });

  test("forgets what is too old, whatever the number of answers", () => {
    let all = history(0, [0]);
    for (let second = 1; second <= 500; second++)
      all = extended(all, history(second, [second], { r: [second] }), 10_000);
    expect(all.at).toHaveLength(10);
    expect(all.total.requests).toEqual([491, 492, 493, 494, 495, 496, 497, 498, 499, 500]);
    expect(all.routes.r?.requests).toHaveLength(10);
  });

  test("keeps routes in step: one that comes later begins with nothing, one that has gone ends with nothing, and then goes", () => {
    let all = extended(history(1, [1, 1], { old: [5, 5] }), history(3, [1], { new: [9] }), 3_000);
    expect(all.routes.old?.requests).toEqual([5, 5, 0]);
    expect(all.routes.new?.requests).toEqual([0, 0, 9]);
    expect(all.routes.new?.p50Ms).toEqual([null, null, 9]);
    for (const second of [4, 5, 6]) all = extended(all, history(second, [1], { new: [9] }), 3_000);
    expect(Object.keys(all.routes)).toEqual(["new"]);
  });

  test("takes names that objects have for what they are", () => {
    const all = extended(
      history(1, [1], { constructor: [4] }),
      history(2, [1], { constructor: [5], toString: [6] }),
      60_000,
    );
    expect(Object.getOwnPropertyDescriptor(all.routes, "constructor")?.value.requests).toEqual([4, 5]);
    expect(Object.getOwnPropertyDescriptor(all.routes, "toString")?.value.requests).toEqual([0, 6]);
  });

  test("shows its latest part", () => {
    const part = latest(history(1, [1, 2, 3, 4], { r: [1, 2, 3, 4] }), 2_000);
    expect(part.at).toEqual([3_000, 4_000]);
    expect(part.routes.r?.p50Ms).toEqual([3, 4]);
    expect(latest(history(1, []), 1_000).at).toEqual([]);
  });
});

describe("the gateway's clock", () => {
  test("is compared with the browser's: a little is nothing, as values come late", () => {
    expect(aheadMs(undefined, 100_000)).toBe(0);
    expect(aheadMs(98_000, 100_000)).toBe(0);
    expect(aheadMs(160_000, 100_000)).toBe(60_000);
    expect(aheadMs(40_000, 100_000)).toBe(-60_000);
  });
});

describe("the recent traffic", () => {
  test("is of the last ten seconds, and knows what was usual before", () => {
    const before = Array.from({ length: 60 }, () => 4);
    const { total, routes } = trafficOf(history(1, [...before, ...Array.from({ length: 10 }, () => 100)], { r: [] }));
    expect(total).toMatchObject({ requests: 100, p50Ms: 100, p99Ms: 300, usualMs: 4 });
    expect(routes.get("r")).toMatchObject({ requests: 0, p50Ms: undefined, usualMs: undefined });
  });

  test("weighs medians by how many requests they are of", () => {
    expect(trafficOf(history(1, [1, 9])).total.p50Ms).toBeCloseTo((1 * 1 + 9 * 9) / 10);
  });

  test("is nothing without a history", () => {
    expect(trafficOf(undefined).total).toEqual({ requests: 0, clientErrors: 0, serverErrors: 0 });
    expect(failing(trafficOf(undefined).total)).toBe(0);
  });

  test("has a median of no value, of one, of two, of three", () => {
    expect([median([]), median([5]), median([9, 5]), median([9, 1, 5])]).toEqual([undefined, 5, 5, 5]);
  });
});
