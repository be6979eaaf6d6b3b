import { describe, expect, test } from "bun:test";
import { createTestLasting } from "../../../src/testing/lasting.ts";
import { ServiceHealth } from "../../../src/upstream/health/service-health.ts";
import { TargetHealth } from "../../../src/upstream/health/target-health.ts";

function create(panicThreshold = 0, slowStartMs = 0) {
  const lasting = createTestLasting();
  const service = new ServiceHealth("users", lasting);
  service.configure({ "slow-start": slowStartMs, "panic-threshold": panicThreshold });
  const member = (url: string, weight = 1) => ({ url, weight, health: service.get(url) });
  return { service, member, logs: lasting.logs };
}

describe("panic", () => {
  test("without a threshold only when no target is healthy; it is logged, and ends by itself", () => {
    const { service, member, logs } = create();
    const [a, b] = [member("a"), member("b")];
    service.follow([a, b]);
    a.health.setCheck("unhealthy", "status 500");
    expect(service.isPanicking).toBe(false);
    b.health.eject("5 failures in a row", 1_000);
    expect(service.isPanicking).toBe(true);
    b.health.admit();
    expect(service.isPanicking).toBe(false);
    const told = logs.filter(({ message }) => message.includes("targets are"));
    expect(told.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ["warn", "too few targets are healthy: all are used", { service: "users", healthy: 0, targets: 2 }],
      ["info", "enough targets are healthy again", { service: "users", healthy: 1, targets: 2 }],
    ]);
  });

  test("with one, below that share", () => {
    const { service, member } = create(0.5);
    const all = ["a", "b", "c", "d"].map((url) => member(url));
    service.follow(all);
    all[0]?.health.setCheck("unhealthy", "x");
    all[1]?.health.setCheck("unhealthy", "x");
    expect(service.isPanicking).toBe(false);
    all[2]?.health.setCheck("unhealthy", "x");
    expect(service.isPanicking).toBe(true);
  });

  test("targets of weight 0 and those that are gone do not count", () => {
    const { service, member } = create();
    const [a, b, idle] = [member("a"), member("b"), member("c", 0)];
    service.follow([a, b, idle]);
    a.health.setCheck("unhealthy", "x");
    expect(service.isPanicking).toBe(false);
    service.follow([a, idle]);
    expect(service.isPanicking).toBe(true);
    service.follow([]);
    expect(service.isPanicking).toBe(false);
  });
});

describe("slow start", () => {
  /** One target on a clock that stands still until it is moved. */
  function warming(slowStartMs: number) {
    let ms = 0;
    const { log } = createTestLasting();
    const tools = { log, now: () => ms, elapsed: () => ms, slowStartMs: () => slowStartMs };
    const health = new TargetHealth(tools);
    return {
      health,
      shareAfter: (at: number) => {
        ms = at;
        return health.share;
      },
    };
  }

  test("the share grows linearly, from a hundredth to all", () => {
    const { health, shareAfter } = warming(30_000);
    expect(health.share).toBe(1);
    health.warm();
    expect([0, 15_000, 29_999].map(shareAfter)).toEqual([0.01, 0.5, 29_999 / 30_000]);
    expect(health.isWarming).toBe(true);
    expect(shareAfter(30_000)).toBe(1);
    expect(health.isWarming).toBe(false);
  });

  test("begins when checks pass again, and when an ejection is over; not with the first check", () => {
    const { health } = warming(30_000);
    health.setCheck("healthy", undefined);
    expect(health.isWarming).toBe(false);
    health.setCheck("unhealthy", "x");
    health.setCheck("healthy", undefined);
    expect(health.isWarming).toBe(true);
    const other = warming(30_000).health;
    other.eject("x", 1_000);
    other.admit();
    expect(other.isWarming).toBe(true);
  });

  test("not while the target is out for another reason", () => {
    const { health } = warming(30_000);
    health.setCheck("unhealthy", "x");
    health.eject("x", 1_000);
    health.admit();
    expect([health.isWarming, health.isUsable]).toEqual([false, false]);
    health.setCheck("healthy", undefined);
    expect([health.isWarming, health.isUsable]).toEqual([true, true]);
  });

  test("is for targets that join others, not for the first ones", () => {
    const { service, member } = create(0, 30_000);
    const [a, b] = [member("a"), member("b")];
    service.follow([a]);
    service.follow([a, b]);
    expect([a.health.isWarming, b.health.isWarming]).toEqual([false, true]);
  });

  test("without the key there is none", () => {
    const { service, member } = create();
    const [a, b] = [member("a"), member("b")];
    service.follow([a]);
    service.follow([a, b]);
    expect(b.health.isWarming).toBe(false);
  });
});

test("targets that are gone are forgotten, those that stay are the same", () => {
  const { service, member } = create();
  const [a, b] = [member("a"), member("b")];
  service.follow([a, b]);
  service.follow([a]);
  expect(service.get("a")).toBe(a.health);
  expect(service.get("b")).not.toBe(b.health);
});
