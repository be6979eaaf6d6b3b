import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Exposition } from "../support/exposition.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { metricsOf } from "../support/metrics.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { type Load, startLoad, workersOf } from "../support/workers.ts";

/** What is killed has to be seen in the metrics within that many ms. */
const SEEN_MS = 2_000;
/** To come back takes as long as a process takes to start, on a busy machine too. */
const BACK_MS = 20_000;
const CLIENTS = 8;

const SERVER = `const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("ok") });
console.log(server.port);`;

/** A service in a process of its own, so that it can be killed. */
async function startTarget() {
  const child = Bun.spawn([process.execPath, "-e", SERVER], { stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  return { url: `http://127.0.0.1:${Number(new TextDecoder().decode(value))}`, child };
}

let targets: readonly Awaited<ReturnType<typeof startTarget>>[];
let redis: RedisServer;
let gateway: GatewayProcess;
let load: Load;

beforeAll(async () => {
  targets = await Promise.all([startTarget(), startTarget()]);
  redis = await startRedis();
  gateway = await startGateway(`listen: { host: 127.0.0.1, port: 0, workers: 2 }
redis: { url: "${redis.url}" }
plugins:
  retry: { attempts: 3 }
  rate-limit: { limit: 1000000/s, store-failure: local }
services: { s: { targets: [${targets.map(({ url }) => `"${url}"`).join(", ")}] } }
routes: [{ name: all, path: /*, service: s }]
`);
  load = startLoad([gateway.port], CLIENTS);
  await until(() => load.answered > 100);
});

afterAll(async () => {
  await load.stop();
  await gateway.kill();
  await redis[Symbol.asyncDispose]();
  for (const { child } of targets) child.kill("SIGKILL");
});

/** Resolves with the metrics that show it, if they do in time. */
async function seen(what: string, condition: (metrics: Exposition) => boolean, timeout = SEEN_MS): Promise<Exposition> {
  const isSeen = async () => {
    const metrics = await metricsOf(gateway);
    return condition(metrics) && metrics;
  };
  return until(isSeen, { timeout, what });
}

/** Waits for more answers, and tells how many requests have failed since `before`. */
async function failuresSince(before: number): Promise<number> {
  const { answered } = load;
  await until(() => load.answered > answered + 200, { timeout: BACK_MS, what: "the others are served" });
  return load.failures.length - before;
}

describe("what is killed is seen in the metrics within two seconds, and nobody else is harmed:", () => {
  test("a target", async () => {
    const [killed, left] = targets.map(({ url }) => ({ service: "s", target: url }));
    const failed = load.failures.length;
    targets[0]?.child.kill("SIGKILL");
    const metrics = await seen("the target is down", (now) => now.value("sluice_upstream_up", killed) === 0);
    expect(metrics.value("sluice_upstream_up", left)).toBe(1);
    expect(metrics.value("sluice_store_up", { kind: "redis" })).toBe(1);
    // All of them were tried again at the other.
    expect(await failuresSince(failed)).toBe(0);
  });

  test("Redis", async () => {
    const failed = load.failures.length;
    await redis.kill();
    await seen("the store is down", (now) => now.value("sluice_store_up", { kind: "redis" }) === 0);
    expect(await failuresSince(failed)).toBe(0);
    await redis.restart();
    await seen("the store is up again", (now) => now.value("sluice_store_up", { kind: "redis" }) === 1, BACK_MS);
  }, 60_000);

  test("a worker, whose numbers stay in the sums", async () => {
    const worker = { worker: "2" };
    const before = await metricsOf(gateway);
    const requests = { route: "all", method: "GET", status: "2xx" };
    const counted = before.value("sluice_requests_total", requests) ?? 0;
    const ofKilled = before.value("sluice_process_requests_total", worker) ?? 0;
    expect(before.value("sluice_worker_up", worker)).toBe(1);
    expect(ofKilled).toBeGreaterThan(0);
    const failed = load.failures.length;
    process.kill((await workersOf(gateway))[1]?.pid ?? 0, "SIGKILL");
    const during = await seen("the worker is down", (now) => now.value("sluice_worker_up", worker) === 0);
    expect(during.value("sluice_worker_up", { worker: "1" })).toBe(1);
    expect(during.value("sluice_process_resident_memory_bytes", worker)).toBeUndefined();
    const after = await seen("the worker was replaced", (now) => now.value("sluice_worker_up", worker) === 1, BACK_MS);
    expect(after.value("sluice_worker_restarts_total", worker)).toBe(1);
    for (const metrics of [during, after]) {
      expect(metrics.value("sluice_requests_total", requests)).toBeGreaterThanOrEqual(counted);
      expect(metrics.value("sluice_process_requests_total", worker)).toBeGreaterThanOrEqual(ofKilled);
    }
    // None but those that it had in its hands.
    expect(await failuresSince(failed)).toBeLessThanOrEqual(CLIENTS);
  }, 60_000);
});
