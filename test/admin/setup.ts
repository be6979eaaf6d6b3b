import { type AdminOptions, createAdmin } from "../../src/admin/app.ts";
import { CanaryOrders } from "../../src/admin/canary-orders.ts";
import { Drains } from "../../src/admin/drains.ts";
import { startAdmin } from "../../src/admin/listen.ts";
import { createPluginApps, type PluginApps } from "../../src/admin/plugin-apps.ts";
import type { AdminView } from "../../src/admin/view.ts";
import { createLogger } from "../../src/observe/log.ts";
import type { Logger } from "../../src/observe/logger.ts";
import { CORE } from "../../src/observe/metrics/core.ts";
import { LogTail } from "../../src/observe/tail/log-tail.ts";
import type { OrderedRun } from "../../src/traffic/canary-record.ts";
import { TargetStats } from "../../src/upstream/stats.ts";

export interface AdminUnderTest extends AsyncDisposable {
  readonly port: number;
  readonly apps: PluginApps;
  readonly logs: string[];
  /** What was ordered of canaries. */
  readonly applied: OrderedRun[];
  readonly log: Logger;
  readonly tail: LogTail;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

/** The admin port with a small gateway behind it, of which a test changes what it wants to see. */
export function startTestAdmin(
  view: Partial<AdminView> = {},
  options: Partial<
    Pick<AdminOptions, "token" | "host" | "certificates" | "history" | "metricsPath" | "reloads" | "alerts">
  > = {},
): AdminUnderTest {
  const logs: string[] = [];
  const applied: OrderedRun[] = [];
  const tail = new LogTail();
  const log = createLogger({
    level: "info",
    format: "json",
    redact: [],
    write: (line) => {
      logs.push(line);
      tail.push(line);
    },
    now: () => 0,
  });
  const apps = createPluginApps(log);
  const drains = new Drains({ log, apply: () => {}, config: { services: {} } });
  const orders = new CanaryOrders({ log, apply: (list) => void applied.push(...list) });
  const app = createAdmin({ ...SHOP, ...view }, { ...options, plugins: () => apps, drains, orders, tail, log });
  const server = startAdmin(app, { host: "127.0.0.1", port: 0 });
  return {
    port: server.port,
    apps,
    logs,
    applied,
    log,
    tail,
    get: (path, headers = {}) => fetch(`http://127.0.0.1:${server.port}${path}`, { headers }),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

const stats = new TargetStats();
stats.created = 2;
for (let ms = 1; ms <= 100; ms++) stats.recordLatency(ms);
stats.countError("upstream_timeout");

/** Two routes to one service. */
export const SHOP = {
  readiness: () => ({ isReady: true, reasons: [] }),
  listeners: () => [{ scheme: "http", host: "127.0.0.1", port: 8080, connections: 2, tunnels: 0, requests: 7 }],
  canaries: () => [],
  workers: () => [{ pid: 7, state: "running", since: "2026-01-05T09:30:00.120Z", restarts: 0 }],
  store: () => ({ kind: "memory", state: "up", since: 0, calls: 0, failures: {}, inFlight: 0, entries: 0, bytes: 0 }),
  errors: () => [],
  limited: () => ({ since: 0, clients: [] }),
  explanations: () => [],
  explanation: () => undefined,
  openapi: () => undefined,
  refreshOpenApi: () => undefined,
  metrics: () => [
    { ...CORE.requestsInFlight, series: [{ labels: [], value: 3 }] },
    { ...CORE.refused, series: [{ labels: ["bad_request"], value: 2 }] },
  ],
  counts: () => new Map(),
  routes: () => [
    {
      name: "users",
      path: "/users/*",
      methods: ["GET"],
      services: [{ name: "users", weight: 1 }],
      plugins: [
        { name: "request-id", phases: ["request", "response"] },
        { name: "cache", phases: ["cache"] },
      ],
    },
    { name: "hello", path: "/hello", services: [], plugins: [{ name: "request-id", phases: ["request"] }] },
  ],
  services: () => [
    {
      name: "users",
      balance: "round-robin",
      targets: [
        {
          url: "http://127.0.0.1:4001",
          weight: 1,
          health: "unknown",
          state: { isHealthy: true },
          addresses: ["127.0.0.1"],
          pool: stats.snapshot({ open: 2, idle: 1, inUse: 1, tunnels: 0, pending: 0 }),
        },
      ],
    },
  ],
} satisfies AdminView;
