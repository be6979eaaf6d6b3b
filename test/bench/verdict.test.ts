import { describe, expect, test } from "bun:test";
import { idleBytes } from "./idle.ts";
import type { Sample } from "./load.ts";
import { whySkipped } from "./machine.ts";
import type { Results } from "./report.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { verdict } from "./verdict.ts";

const sample = (cpuUs: number, more: Partial<Sample> = {}): Sample => ({
  requests: 1,
  elapsedMs: 1_000,
  cpuUs,
  p50Us: 500,
  p99Us: 1_000,
  failures: 0,
  ...more,
});

function scenario(name: string): Scenario {
  const found = SCENARIOS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return found;
}

function results(name: string, samples: Readonly<Record<string, Sample>>, idle?: number): Results {
  const series = Object.entries(samples).map(([contender, one]) => ({
    contender,
    samples: [one],
    ...(idle !== undefined && { idleBytes: [idle] }),
  }));
  return {
    machine: { cpu: "A CPU", cores: 2, memoryGib: 8, kernel: "6.1.0" },
    rounds: 1,
    seconds: 1,
    versions: {},
    missing: {},
    skipped: {},
    scenarios: [{ scenario: { ...scenario(idle === undefined ? "small" : "idle"), name }, series }],
  };
}

describe("verdict", () => {
  test("a target is met up to its bound, missed beyond it", () => {
    const lines = verdict(results("small", { sluice: sample(115), haproxy: sample(100), nginx: sample(110) }));
    expect(lines).toContain("met  small: CPU at most 1.15 × haproxy, found 1.15");
    expect(lines).toContain("MISSED  small: CPU at most 1.00 × nginx, found 1.05");
  });

  test("what was not measured is said", () => {
    const lines = verdict(results("small", { sluice: sample(115), nginx: sample(110) }));
    expect(lines).toContain("not measured  small: CPU at most 1.15 × haproxy");
    expect(lines).toContain("not measured  idle: less than 5000 bytes a connection");
  });

  test("what it costs to observe requests is taken from what they cost unobserved", () => {
    const series = { "sluice-blind": sample(20), sluice: sample(20.3), "sluice-observed": sample(22) };
    const line = "observed: metrics, access log and traces add at most 2 µs";
    expect(verdict(results("observed", series))).toContain(`met  ${line}, found 2.0`);
    const dear = { ...series, "sluice-observed": sample(22.1) };
    expect(verdict(results("observed", dear))).toContain(`MISSED  ${line}, found 2.1`);
    expect(verdict(results("small", series))).toContain(`not measured  ${line}`);
  });

  test("what plugins add is taken from what a request costs without them", () => {
    const series = { sluice: sample(20), "sluice-jwt": sample(26), haproxy: sample(10), "haproxy-jwt": sample(20) };
    const lines = verdict(results("jwt", series));
    expect(lines).toContain("met  jwt: plugins add at most 6 µs, found 6.0");
    expect(lines).toContain("MISSED  jwt: CPU at most 1.00 × haproxy-jwt, found 1.30");
    expect(verdict(results("small", series))).toContain("not measured  jwt: plugins add at most 6 µs");
  });

  test("p99 is compared for the open loop, unless the load generator was late itself", () => {
    const at = (p99Us: number, lateP99Us: number) => sample(1, { p99Us, lateP99Us });
    const clear = verdict(results("open-own", { sluice: at(2_100, 10), haproxy: at(1_000, 10) }));
    expect(clear).toContain("MISSED  open-own: p99 at most 2.00 × haproxy, found 2.10");
    const unclear = verdict(results("open-own", { sluice: at(1_000, 900), haproxy: at(1_000, 900) }));
    expect(unclear.find((line) => line.startsWith("unclear"))).toContain("the load generator itself was late");
  });

  test("idle memory is below 5000 bytes, or missed", () => {
    expect(verdict(results("idle", { sluice: sample(1) }, 4_999)).at(-1)).toStartWith("met");
    expect(verdict(results("idle", { sluice: sample(1) }, 5_000)).at(-1)).toStartWith("MISSED");
  });

  test("memory of an idle connection is the difference of two samples", () => {
    const [before, after] = [sample(1, { memoryBytes: 50_000_000 }), sample(1, { memoryBytes: 77_000_000 })];
    expect(idleBytes(before, after, 9_000)).toBe(3_000);
  });
});

describe("scenarios that cannot be measured", () => {
  test("for want of open files or a certificate are skipped, with the reason", () => {
    expect(whySkipped(scenario("idle"), true, 4_096)).toBe(
      "it needs 11500 open files, and the limit is 4096 (ulimit -Hn)",
    );
    expect(whySkipped(scenario("tls"), false, 20_000)).toContain("openssl");
  });

  test("all others run", () => {
    for (const each of SCENARIOS) expect(whySkipped(each, true, 11_500)).toBeUndefined();
  });
});
