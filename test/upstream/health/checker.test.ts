import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../../src/errors.ts";
import { createTestLasting } from "../../../src/testing/lasting.ts";
import type { Check } from "../../../src/upstream/health/check.ts";
import { Checker } from "../../../src/upstream/health/checker.ts";
import { TargetHealth } from "../../../src/upstream/health/target-health.ts";
import { until } from "../../support/until.ts";
import { serviceConfig } from "../support.ts";

/** A checker of one target, with `health` as in the YAML. */
function create(options: Readonly<Record<string, unknown>> = {}, check?: Partial<Check>, random = 0.5) {
  const timing = serviceConfig({ targets: ["http://a.test"], health: options }).health;
  if (timing === undefined) throw new Error("no checks");
  const { log, logs } = createTestLasting();
  const health = new TargetHealth({ log, now: () => 7, elapsed: () => 7, slowStartMs: () => 0 });
  const verdicts: (string | undefined)[] = [];
  const checker = new Checker({
    timing,
    health,
    check: { run: async () => undefined, close: () => {}, ...check },
    onVerdict: () => verdicts.push(health.check?.state),
    random: () => random,
  });
  return { checker, health, logs, verdicts };
}

describe("thresholds", () => {
  test("the first check decides at once, whichever way", () => {
    const well = create();
    well.checker.onResult(undefined);
    expect([well.health.isUsable, well.health.check?.state]).toEqual([true, "healthy"]);
    const ill = create();
    ill.checker.onResult("status 500");
    expect([ill.health.isUsable, ill.health.check]).toEqual([
      false,
      { state: "unhealthy", since: 7, lastError: "status 500" },
    ]);
  });

  test("after that it takes three failures in a row, and two passes", () => {
    const { checker, verdicts, logs } = create();
    for (const error of [undefined, "a", "b", undefined, "c", "d", "e", undefined, "f", undefined, undefined]) {
      checker.onResult(error);
    }
    const ill = ["unhealthy", "unhealthy", "unhealthy", "unhealthy"];
    expect(verdicts).toEqual([...Array(6).fill("healthy"), ...ill, "healthy"]);
    expect(logs.map(({ level, message, fields }) => [level, message, fields.error])).toEqual([
      ["debug", "a target is healthy", undefined],
      ["warn", "a target is unhealthy", "e"],
      ["info", "a target is healthy again", undefined],
    ]);
  });

  test("every check is counted", () => {
    const { checker, health } = create();
    for (const error of [undefined, "a", undefined]) checker.onResult(error);
    expect([health.checksPassed, health.checksFailed]).toEqual([2, 1]);
  });
});

describe("the pause", () => {
  test("is the interval, give or take a tenth", () => {
    for (const [random, ms] of [
      [0, 9_000],
      [0.5, 10_000],
      [1, 11_000],
    ] as const) {
      expect(create({}, {}, random).checker.pauseMs).toBeCloseTo(ms);
    }
  });

  test("is shorter from the first failure on, until the target is healthy", () => {
    const { checker } = create();
    const pauses = [undefined, "a", "b", "c", undefined, undefined].map((error) => {
      checker.onResult(error);
      return checker.pauseMs;
    });
    expect(pauses).toEqual([10_000, 2_000, 2_000, 2_000, 2_000, 10_000]);
  });

  test("is never longer while failing than else", () => {
    const { checker } = create({ interval: "1s" });
    checker.onResult("a");
    expect(checker.pauseMs).toBe(1_000);
  });
});

describe("a check", () => {
  test("that takes too long is aborted, and has failed with its reason", async () => {
    const run = (signal: AbortSignal) =>
      new Promise<undefined>((_, reject) => {
        signal.addEventListener("abort", () => reject(new GatewayError("upstream_timeout")));
      });
    const { checker, health } = create({ interval: "20ms", timeout: "20ms" }, { run });
    checker.start();
    await until(() => health.check?.lastError === "upstream_timeout");
    checker.stop();
  });

  test("that rejects has failed, with the system's code if there is one", async () => {
    const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    const run = () => Promise.reject(new GatewayError("upstream_connect", { cause }));
    const { checker, health } = create({ interval: "20ms" }, { run });
    checker.start();
    await until(() => health.check?.lastError === "upstream_connect (ECONNREFUSED)");
    checker.stop();
  });

  test("waits for the next, and for its end, also longer than a timer can", async () => {
    let runs = 0;
    const run = async (signal: AbortSignal) => {
      runs++;
      await Bun.sleep(20);
      return signal.aborted ? "aborted" : undefined;
    };
    const { checker, health } = create({ interval: "30d", timeout: "29d" }, { run }, 0);
    checker.start();
    await until(() => health.checksPassed + health.checksFailed > 0);
    await Bun.sleep(50);
    expect([runs, health.check?.state]).toEqual([1, "healthy"]);
    checker.stop();
  });

  test("runs alone: the next one waits for its end; and none comes after a stop", async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    let isClosed = false;
    const run = async () => {
      most = Math.max(most, ++running);
      await Bun.sleep(5);
      running--;
      runs++;
      return undefined;
    };
    const close = () => {
      isClosed = true;
    };
    const { checker, verdicts } = create({ interval: "10ms" }, { run, close }, 0);
    checker.start();
    await until(() => runs >= 3);
    checker.stop();
    await until(() => running === 0);
    expect([most, isClosed]).toEqual([1, true]);
    const known = verdicts.length;
    const { length } = await new Promise<typeof verdicts>((resolve) => setTimeout(() => resolve(verdicts), 50));
    expect(length).toBe(known);
  });
});
