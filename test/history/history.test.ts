import { describe, expect, test } from "bun:test";
import { History } from "../../src/history/history.ts";
import { noCounts, ROUTE_BOUNDS, type Sample, SERVICE_BOUNDS } from "../../src/history/sample.ts";

/** The sample of a second with so many requests, each within 1 ms. */
function second(at: number, requests: number, route = "users", seconds = 1): Sample {
  const counts = { ...noCounts(ROUTE_BOUNDS), requests };
  counts.latency[0] = requests;
  const ofService = { ...noCounts(SERVICE_BOUNDS), requests };
  const routes = new Map(requests === 0 ? [] : [[route, counts] as const]);
  const services = new Map(requests === 0 ? [] : [["backend", ofService] as const]);
  return { at, seconds, total: counts, routes, services };
}

describe("the history", () => {
  test("has each second, and zeros for one without requests", () => {
    const history = new History();
    for (const [index, requests] of [4, 0, 6].entries()) history.add(second((index + 1) * 1_000, requests));
    const report = history.report(1, 0, 900);
    expect(report).toMatchObject({ stepMs: 1_000, at: [1_000, 2_000, 3_000] });
    expect(report?.total.requests).toEqual([4, 0, 6]);
    expect(report?.routes.users?.requests).toEqual([4, 0, 6]);
    expect(report?.routes.users?.p50Ms).toEqual([0.5, null, 0.5]);
    expect(report?.services.backend?.p50Ms).toEqual([null, null, null]);
  });

  test("begins a route where it had its first request", () => {
    const history = new History();
    history.add(second(1_000, 5, "old"));
    history.add(second(2_000, 5, "new"));
    const report = history.report(1, 0, 900);
    expect(report?.routes.old?.requests).toEqual([5, 0]);
    expect(report?.routes.new?.requests).toEqual([0, 5]);
  });

  test("has the latest, in their order", () => {
    const history = new History();
    for (let at = 1; at <= 1_000; at++) history.add(second(at * 1_000, at));
    const report = history.report(1, 0, 900);
    expect(report?.at).toHaveLength(900);
    expect(report?.total.requests[0]).toBe(101);
    expect(report?.total.requests.at(-1)).toBe(1_000);
    expect(history.report(1, 998_000, 900)?.at).toEqual([999_000, 1_000_000]);
    expect(history.report(1, 0, 3)?.at).toEqual([998_000, 999_000, 1_000_000]);
  });

  test("has each minute with what is per second", () => {
    const history = new History();
    for (let at = 1; at <= 120; at++) history.add(second(at * 1_000, at <= 60 ? 10 : 30));
    const report = history.report(60, 0, 86_400);
    expect(report).toMatchObject({ stepMs: 60_000, at: [60_000, 120_000] });
    expect(report?.total.requests).toEqual([10, 30]);
  });

  test("divides by how long a sample took", () => {
    const history = new History();
    history.add(second(4_000, 8, "users", 4));
    expect(history.report(1, 0, 900)?.total.requests).toEqual([2]);
  });

  test("keeps no more than 1,000 routes", () => {
    const history = new History();
    for (let n = 0; n < 1_100; n++) history.add(second(n * 1_000, 1, `route-${n}`));
    expect(Object.keys(history.report(1, 0, 900)?.routes ?? {})).toHaveLength(1_000);
  });

  test("is the same as JSON, but for the oldest two of a full track", () => {
    const history = new History();
    for (let at = 1; at <= 899; at++) history.add(second(at * 1_000, at % 7, at < 500 ? "old" : "new"));
    expect(JSON.parse([...(history.json(1, 0, 100) ?? [])].join(""))).toEqual(history.report(1, 0, 100));
    expect(JSON.parse([...(history.json(1, 0, 900) ?? [])].join(""))).toEqual(history.report(1, 1_000, 900));
    expect([...(new History().json(60, 0, 900) ?? [])].join("")).toBe(JSON.stringify(new History().report(60, 0, 900)));
  });

  test("has no other steps", () => {
    expect(new History().report(7, 0, 900)).toBeUndefined();
  });
});
