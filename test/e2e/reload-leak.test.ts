import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { type Loaded, loadConfig } from "../../src/config/load.ts";
import { Gateway } from "../../src/gateway.ts";
import { Listeners } from "../../src/listeners.ts";
import { createLogger } from "../../src/observe/log.ts";
import type { Plugin } from "../../src/plugin.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { takeOver } from "../../src/take-over.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { startInProcess } from "../support/in-process.ts";
import { tempFolder } from "../support/temp.ts";

/** Each time the same number of parts, with other options, other settings of a target, and another name of a route. */
function yaml(n: number): string {
  return `plugins: { request-id: {}, access-log: {}, rate-limit: { limit: ${10 + n}, window: 1m } }
services:
  s: { targets: ["http://127.0.0.1:9"], plugins: { circuit-breaker: { consecutive-failures: ${5 + (n % 3)} }, retry: {} } }
  w: { targets: ["http://127.0.0.1:9"], health: { type: tcp, interval: 1h }, outlier-detection: {}, timeouts: { idle: ${1 + (n % 3)}m } }
  x: { targets: [{ url: "http://127.0.0.1:9", weight: ${1 + (n % 5)} }], pool: { max-idle: ${1 + (n % 3)} }, slow-start: 1s }
routes:
  - { path: /*, service: s, canary: { service: w, steps: [1%, 50%], every: 1h } }
  - { path: /new-${n % 3}, service: x, plugins: { adaptive-concurrency: {}, quota: { day: 5 } } }
`;
}

function objects(): { readonly all: number; readonly timers: number } {
  Bun.gc(true);
  const { objectCount, objectTypeCounts } = heapStats();
  return { all: objectCount, timers: (objectTypeCounts as Record<string, number>).Timeout ?? 0 };
}

test("reloads leave no object and no timer behind", async () => {
  await using gateway = await startInProcess(yaml(0));
  for (let n = 1; n <= 60; n++) await gateway.reload(yaml(n));
  const before = objects();
  for (let n = 1; n <= 300; n++) await gateway.reload(yaml(n));
  const after = objects();
  // A snapshot is hundreds of objects.
  expect(after.all - before.all).toBeLessThan(3_000);
  expect(after.timers - before.timers).toBeLessThan(20);
}, 60_000);

/** Each time other settings of a listener, and every second time another listener. */
function listening(n: number): string {
  return `log: { level: ${n % 3 === 0 ? "warn" : "error"} }
listen:
  - { host: 127.0.0.1, port: 0, limits: { header-count: ${50 + (n % 50)} }, trusted-proxies: [10.0.0.${n % 200}/32] }
${n % 2 === 0 ? "" : "  - { host: 127.0.0.2, port: 0 }\n"}services: { s: { targets: ["http://127.0.0.1:9"] } }
routes: [{ path: /a${n % 5}, service: s }]
`;
}

test("nor do reloads that change, add and remove listeners", async () => {
  using folder = tempFolder();
  const plugins = await createRegistry(new URL("../../plugins", import.meta.url).pathname);
  const load = async (n: number): Promise<Loaded<Plugin>> => {
    const loaded = await loadConfig<Plugin>(folder.write("gateway.yaml", listening(n)), { env: {}, plugins });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return loaded;
  };
  const log = createLogger({ level: "error", format: "json", redact: [], write: () => {}, now: Date.now });
  const lasting = { ...createTestLasting(), log };
  const gateway = await Gateway.create(await load(0), lasting);
  const listeners = new Listeners(gateway, lasting);
  listeners.open();
  const reload = async (count: number) => {
    for (let n = 1; n <= count; n++) await takeOver({ gateway, listeners, log }, await load(n));
  };
  await reload(40);
  const before = objects();
  await reload(120);
  const after = objects();
  expect(listeners.views()).toHaveLength(1);
  expect(after.all - before.all).toBeLessThan(3_000);
  expect(after.timers - before.timers).toBeLessThan(20);
  await listeners.close(0);
  await gateway.close();
}, 60_000);
