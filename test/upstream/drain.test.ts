import { describe, expect, test } from "bun:test";
import { type Drain, drainsIn } from "../../src/upstream/drain.ts";
import { createService, drainTargets, selectTarget, useTargets } from "../../src/upstream/service.ts";
import { contextOf, serviceConfig } from "./support.ts";

const [A, B, C] = ["http://a.test", "http://b.test", "http://c.test"] as const;

describe("a service with a drained target", () => {
  const chosen = (service: ReturnType<typeof createService>, times = 60) => {
    const seen = new Set<string | undefined>();
    for (let i = 0; i < times; i++) {
      const ctx = contextOf();
      selectTarget(service, ctx);
      seen.add(ctx.target);
    }
    return [...seen].sort();
  };

  test.each(["round-robin", "random", "least-request", "consistent-hash"])(
    "by %s chooses among the others",
    (balance) => {
      const service = createService("s", serviceConfig({ targets: [A, B, C], balance }));
      drainTargets(service, new Set([B]));
      expect(chosen(service)).toEqual([A, C]);
      drainTargets(service, new Set([A, B]));
      expect(chosen(service)).toEqual([C]);
      drainTargets(service, new Set());
      expect(chosen(service)).toEqual([A, B, C]);
    },
  );

  test("does not choose it even for another attempt, nor when no other is healthy", () => {
    const health = { path: "/", interval: "1h" };
    const service = createService("s", serviceConfig({ targets: [A, B, C], health }));
    drainTargets(service, new Set([B]));
    for (const target of service.targets) if (target.url !== B) target.health.setCheck("unhealthy", "it is down");
    const ctx = contextOf();
    const seen = [1, 2, 3, 4, 5].map(() => {
      selectTarget(service, ctx);
      return ctx.target;
    });
    expect([...new Set(seen)].sort()).toEqual([A, C]);
    expect(service.health.isPanicking).toBeTrue();
  });

  test("fails its requests when all are", () => {
    const service = createService("s", serviceConfig({ targets: [A, B] }));
    drainTargets(service, new Set([A, B]));
    expect(() => selectTarget(service, contextOf())).toThrow(expect.objectContaining({ code: "no_target_available" }));
  });

  test("knows it again when it was away", () => {
    const service = createService("s", serviceConfig({ targets: [A, B, C] }));
    drainTargets(service, new Set([B]));
    const [a, , c] = service.targets;
    useTargets(
      service,
      [a, c].filter((target) => target !== undefined),
    );
    useTargets(
      service,
      [A, B, C].map((url) => service.factory.create(url, 1)),
    );
    expect(chosen(service)).toEqual([A, C]);
  });

  test("counts the drained ones neither as healthy nor as lost", () => {
    const health = { path: "/", interval: "1h" };
    const service = createService("s", serviceConfig({ targets: [A, B, C], health, "panic-threshold": "60%" }));
    drainTargets(service, new Set([B, C]));
    expect(service.health.isPanicking).toBeFalse();
    service.targets[0]?.health.setCheck("unhealthy", "it is down");
    expect(service.health.isPanicking).toBeTrue();
  });
});

describe("drained targets of another configuration", () => {
  const drain = (service: string, target: string): Drain => ({ service, target, since: 0 });
  const drains = [drain("s", A), drain("s", B), drain("gone", A), drain("found", C)];

  test("are those that it has, or may discover", () => {
    const services = {
      s: serviceConfig({ targets: ["http://A.test:80/", { url: C, weight: 2 }] }),
      found: serviceConfig({ discover: { dns: "c.test:80" } }),
    };
    expect(drainsIn({ services }, drains)).toEqual([drain("s", A), drain("found", C)]);
    expect(drainsIn({ services: {} }, drains)).toEqual([]);
  });
});
