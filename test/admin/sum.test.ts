import { describe, expect, test } from "bun:test";
import { sumListeners, sumServices } from "../../src/admin/sum.ts";
import type { ServiceView, TargetState, TargetView } from "../../src/admin/view.ts";
import { quantile } from "../../src/upstream/histogram.ts";
import { TargetStats } from "../../src/upstream/stats.ts";

/** A service of one target that has answered after these ms. */
function service(ms: readonly number[], target: Partial<TargetView> = {}, errors: readonly string[] = []): ServiceView {
  const stats = new TargetStats();
  for (const each of ms) stats.recordLatency(each);
  for (const code of errors) stats.countError(code);
  stats.created = 3;
  stats.reused = 5;
  stats.closed = 1;
  const pool = stats.snapshot({ open: 2, idle: 1, inUse: 1, tunnels: 1, pending: 4 });
  const defaults = {
    url: "http://a",
    weight: 2,
    health: "unknown",
    state: { isHealthy: true },
    addresses: ["10.0.0.1"],
    pool,
  } as const;
  return { name: "s", balance: "random", targets: [{ ...defaults, ...target }] };
}

describe("services", () => {
  test("have every number added", () => {
    const sum = sumServices([[service([1], {}, ["a", "b"])], [service([2], {}, ["b"])], [service([])]]);
    expect(sum).toMatchObject([{ name: "s", balance: "random", targets: [{ url: "http://a", weight: 2 }] }]);
    const { latency, ...pool } = sum[0]?.targets[0]?.pool ?? service([]).targets[0]?.pool ?? { latency: undefined };
    expect(pool).toEqual({
      open: 6,
      idle: 3,
      inUse: 3,
      tunnels: 3,
      pending: 12,
      created: 9,
      reused: 15,
      closed: 3,
      errors: { a: 1, b: 2 },
    });
    expect(latency).toMatchObject({ count: 2, sumMs: 3 });
  });

  test("have the quantiles of all requests together, not a mean of quantiles", () => {
    const fast = Array.from({ length: 99 }, () => 1);
    const slow = Array.from({ length: 101 }, () => 1_000);
    const together = service([...fast, ...slow]).targets[0]?.pool.latency;
    const sum = sumServices([[service(fast)], [service(slow)]])[0]?.targets[0]?.pool.latency;
    expect(sum).toEqual(together as never);
    expect(quantile(sum as never, 0.5)).toBeGreaterThan(700);
    expect(quantile(sum as never, 0.49)).toBeLessThan(2);
  });

  test.each([
    ["up", "down", "down"],
    ["unknown", "up", "up"],
    ["unknown", "down", "down"],
    ["unknown", "unknown", "unknown"],
  ] as const)("%s and %s is %s", (a, b, expected) => {
    const sum = sumServices([[service([], { health: a })], [service([], { health: b, addresses: ["10.0.0.2"] })]]);
    expect(sum[0]?.targets[0]).toMatchObject({ health: expected, addresses: ["10.0.0.1", "10.0.0.2"] });
  });

  test("have the targets that any of them knows, put together by their URLs", () => {
    const [a] = service([1]).targets;
    const b = { ...service([2]).targets[0], url: "http://b" } as TargetView;
    const one = { ...service([]), targets: [a as TargetView] };
    const both = { ...service([]), targets: [b, a as TargetView] };
    const told = sumServices([[one], [both]])[0]?.targets.map(({ url, pool }) => [url, pool.created]);
    expect(told).toEqual([
      ["http://a", 6],
      ["http://b", 3],
    ]);
  });

  test("have the health that keeps requests away: what one has learned late, and the longest ejection", () => {
    const check = (state: string, since: number) => ({ state, since });
    const ejection = (until: number) => ({ since: 1, until, reason: "5 failures in a row" });
    const sum = (...states: readonly TargetState[]) =>
      sumServices(states.map((state) => [service([], { state })]))[0]?.targets[0]?.state;
    expect(
      sum(
        { isHealthy: true, check: check("healthy", 1), share: 0.5 },
        { isHealthy: false, check: check("unhealthy", 2), ejection: ejection(10) },
        { isHealthy: true, ejection: ejection(20), share: 0.2 },
      ),
    ).toEqual({ isHealthy: false, check: check("unhealthy", 2), ejection: ejection(20), share: 0.2 });
    expect(sum({ isHealthy: true }, { isHealthy: true })).toEqual({ isHealthy: true });
  });

  test("have the oldest discovery, any error, and all that drain", () => {
    const lastError = { message: "refused", at: 5 };
    const of = (lastSuccess: number | undefined, error: typeof lastError | undefined, draining: number) => {
      return [{ ...service([]), discovery: { source: "dns a", lastSuccess, lastError: error, draining } }];
    };
    const sum = (...lists: ReturnType<typeof of>[]) => sumServices(lists)[0]?.discovery;
    expect(sum(of(20, undefined, 1), of(10, lastError, 2))).toEqual({
      source: "dns a",
      lastSuccess: 10,
      lastError,
      draining: 3,
    });
    expect(sum(of(20, lastError, 0), of(undefined, undefined, 0))?.lastSuccess).toBeUndefined();
    expect(sumServices([[service([])], [service([])]])[0]).not.toHaveProperty("discovery");
  });

  test("of none are none, of one its own", () => {
    expect(sumServices([])).toEqual([]);
    const one = [service([3])];
    expect(sumServices([one])).toEqual(one);
  });
});

test("listeners have their connections, tunnels and requests added", () => {
  const view = { scheme: "http", host: "::", port: 80, connections: 1, tunnels: 2, requests: 3 };
  expect(sumListeners([[view], [view], [view]])).toEqual([{ ...view, connections: 3, tunnels: 6, requests: 9 }]);
  expect(sumListeners([])).toEqual([]);
});
