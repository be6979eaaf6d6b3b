import { describe, expect, test } from "bun:test";
import type { ServiceView, TargetView, WorkerView } from "../../src/admin/view.ts";
import { LevelWatch } from "../../src/alerts/levels.ts";
import type { Reading } from "../../src/alerts/reading.ts";
import type { Config } from "../../src/config/schema.ts";
import type { RuleConfig } from "../../src/config/schema-alerts.ts";
import { ruleOf, START } from "./setup.ts";

const DAY = 86_400_000;
const POOL = { "max-connections": 10, "max-pending": 100 };

const target = (pool: { inUse?: number; pending?: number } = {}, view: Partial<TargetView> = {}): TargetView => ({
  url: "http://a",
  weight: 1,
  health: "up",
  state: { isHealthy: true },
  addresses: [],
  pool: { inUse: 0, pending: 0, ...pool } as TargetView["pool"],
  ...view,
});
const down = (view: Partial<TargetView> = { health: "down" }) => target({}, view);
const service = (targets: readonly TargetView[], rest: Partial<ServiceView> = {}): ServiceView => ({
  name: "shop",
  balance: "round-robin",
  targets,
  ...rest,
});
const worker = (number: number, state: WorkerView["state"], rest: Partial<WorkerView> = {}): WorkerView => ({
  worker: number,
  state,
  since: "",
  restarts: 0,
  ...rest,
});

function findings(config: Partial<RuleConfig> & { kind: "saturation" | "state" }, reading: Partial<Reading>) {
  const watch = new LevelWatch(ruleOf(config));
  const whole: Reading = {
    config: { services: { shop: { pool: POOL }, other: { pool: POOL } } } as unknown as Config,
    services: [],
    workers: [],
    store: undefined,
    loopLag: undefined,
    memory: undefined,
    certificates: [],
    reloadFailure: undefined,
    ...reading,
  };
  watch.onReading(whole, START);
  return watch.findings();
}

describe("saturation", () => {
  const pool = { kind: "saturation", of: "pool", above: 0.9 } as const;

  test("of a pool is that of the fullest target", () => {
    expect(findings(pool, { services: [service([target({ inUse: 8 }), target({ inUse: 2 })])] })).toEqual([]);
    const [found] = findings(pool, { services: [service([target(), target({ inUse: 9 })])] });
    expect(found).toMatchObject({ subject: { service: "shop" }, value: 0.9, threshold: 0.9, severity: "warning" });
    expect(found?.summary).toBe("shop: 90 % of the connections to a target are in use");
  });

  test("of a pool counts what all workers may have", () => {
    const workers = [worker(1, "running"), worker(2, "running"), worker(3, "waiting")];
    expect(findings(pool, { workers, services: [service([target({ inUse: 17 })])] })).toEqual([]);
    expect(findings(pool, { workers, services: [service([target({ inUse: 18 })])] })).toHaveLength(1);
  });

  test("is told of the services that a rule names", () => {
    const services = [service([target({ inUse: 10 })]), service([target({ inUse: 10 })], { name: "other" })];
    expect(findings(pool, { services })).toHaveLength(2);
    expect(findings({ ...pool, service: "other" }, { services })).toMatchObject([{ subject: { service: "other" } }]);
  });

  test("of waiting requests, max-requests, lag and memory is told", () => {
    const limiters = [{ plugin: "max-requests", site: "", limit: 50, inFlight: 49, refused: 0 }];
    const services = [service([target({ pending: 60 })], { limiters })];
    const texts = (config: Partial<RuleConfig>, reading: Partial<Reading>) =>
      findings({ kind: "saturation", ...config } as Parameters<typeof findings>[0], reading).map(
        ({ summary }) => summary,
      );
    expect(texts({ of: "pending", above: 0.5 }, { services })).toEqual([
      "shop: 60 % of the places to wait for a connection are taken",
    ]);
    expect(texts({ of: "max-requests", above: 0.9 }, { services })).toEqual([
      "shop: 98 % of max-requests are under way",
    ]);
    expect(texts({ of: "loop-lag", above: 200 }, { loopLag: 0.25 })).toEqual([
      "the process is 250 ms late with everything",
    ]);
    expect(texts({ of: "loop-lag", above: 200 }, { loopLag: undefined })).toEqual([]);
    expect(texts({ of: "memory", above: 1_048_576 }, { memory: 2_097_152 })).toEqual([
      "the gateway has 2 MB of memory",
    ]);
  });
});

describe("the state", () => {
  test("of a service's targets is a warning when a third is down, and critical when all are", () => {
    const of = (targets: readonly TargetView[]) =>
      findings({ kind: "state", of: "target" }, { services: [service(targets)] });
    expect(of([target(), target(), target(), down()])).toEqual([]);
    expect(of([target(), target(), down({ state: { isHealthy: false } })])).toMatchObject([
      { severity: "warning", summary: "shop: 1 of 3 targets cannot be used" },
    ]);
    expect(of([down(), down()])).toMatchObject([
      { severity: "critical", summary: "shop: 2 of 2 targets cannot be used" },
    ]);
    expect(of([])).toMatchObject([{ severity: "critical", summary: "shop has no targets" }]);
  });

  test("of targets counts none that an operator has drained", () => {
    const of = (targets: readonly TargetView[]) =>
      findings({ kind: "state", of: "target" }, { services: [service(targets)] });
    const drained = (isHealthy: boolean) => target({}, { state: { isHealthy, isDrained: true } });
    expect(of([drained(true), down()])).toMatchObject([
      { severity: "critical", summary: "shop: 1 of 1 targets cannot be used" },
    ]);
    expect(of([drained(false), target(), target()])).toEqual([]);
    expect(of([drained(true)])).toEqual([]);
  });

  test("of breakers, the store and the reload is told", () => {
    const circuit = (state: "open" | "closed") => ({
      site: "s",
      target: undefined,
      state,
      since: 0,
      reason: undefined,
      openUntil: undefined,
      isForced: false,
    });
    const services = [service([], { circuits: [circuit("open"), circuit("closed"), circuit("open")] })];
    expect(findings({ kind: "state", of: "breaker" }, { services })).toMatchObject([
      { subject: { service: "shop" }, value: 2, summary: "shop: 2 circuit breakers are open" },
    ]);
    const store = (state: "up" | "down") =>
      findings({ kind: "state", of: "store" }, { store: { kind: "redis", state } as Reading["store"] });
    expect(store("up")).toEqual([]);
    expect(store("down")).toMatchObject([{ summary: "the redis store does not answer" }]);
    const reload = (reloadFailure: string | undefined) => findings({ kind: "state", of: "reload" }, { reloadFailure });
    expect(reload(undefined)).toEqual([]);
    expect(reload("unknown key")).toMatchObject([
      { summary: "the latest configuration was not taken over: unknown key" },
    ]);
  });

  test("of workers is told of those that do not serve as they should", () => {
    const workers = [
      worker(1, "running"),
      worker(2, "waiting"),
      worker(3, "running", { isSilent: true }),
      worker(4, "running", { behind: "x" }),
    ];
    expect(findings({ kind: "state", of: "worker" }, { workers }).map(({ summary }) => summary)).toEqual([
      "worker 2 does not serve",
      "worker 3 does not answer",
      "worker 4 goes on with an earlier configuration",
    ]);
    const alone: WorkerView = { state: "running", since: "", restarts: 0 };
    expect(findings({ kind: "state", of: "worker" }, { workers: [alone] })).toEqual([]);
  });

  test("of certificates is a warning before they end, and critical shortly before", () => {
    const left = (days: number) =>
      findings(
        { kind: "state", of: "certificate" },
        { certificates: [{ file: "/etc/tls/shop.pem", notAfter: START + days * DAY }] },
      );
    expect(left(15)).toEqual([]);
    expect(left(13)).toMatchObject([{ severity: "warning", subject: { part: "shop.pem" } }]);
    expect(left(2)).toMatchObject([{ severity: "critical", value: 172_800 }]);
    expect(left(-1)[0]?.summary).toStartWith("the certificate shop.pem has expired on 2026-01-04");
  });
});
