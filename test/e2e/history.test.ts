import { expect, test } from "bun:test";
import type { TrackReport } from "../../src/history/track.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { exchange } from "../support/raw.ts";
import { response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson, replaceWorker, workersOf } from "../support/workers.ts";

const sum = (values: readonly (number | null)[] = []) => values.reduce<number>((all, value) => all + (value ?? 0), 0);

/** Requests of each interval: rates are per second, and an interval is not quite one. */
function requestsOf({ at, routes }: TrackReport, route: string): number {
  const rates = routes[route]?.requests ?? [];
  return Math.round(sum(rates.map((rate, i) => (rate ?? 0) * (((at[i] ?? 0) - (at[i - 1] ?? 0)) / 1_000))));
}

const historyOf = (gateway: GatewayProcess) => adminJson<TrackReport>(gateway, "/api/history");

async function ask(gateway: GatewayProcess, path: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  }
}

test("the history has the requests, errors and latencies of each route and service within 2 s", async () => {
  using upstream = startUpstream((request, connection) =>
    connection.send(response("", { status: request.target === "/shop" ? 200 : 503 })),
  );
  await using gateway = await startGateway(`
services:
  shop: { targets: ["${upstream.url}"] }
  gone: { targets: ["http://127.0.0.1:1"] }
routes:
  - { name: shop, path: /shop/*, service: shop }
  - { name: gone, path: /gone, service: gone }
`);
  // The first interval says nothing of when it began.
  await until(async () => (await historyOf(gateway)).at.length > 0);
  await ask(gateway, "/shop", 1);
  await ask(gateway, "/shop/failing", 1);
  await ask(gateway, "/gone", 3);
  await ask(gateway, "/nothing", 1);
  const asked = performance.now();
  const report = await until(async () => {
    const now = await historyOf(gateway);
    return requestsOf(now, "") > 0 ? now : undefined;
  });
  // A second is counted, and then told; the rest is a busy machine's.
  expect(performance.now() - asked).toBeLessThan(4_000);
  expect(requestsOf(report, "shop")).toBe(2);
  expect(sum(report.routes.shop?.serverErrors)).toBeGreaterThan(0);
  expect(sum(report.routes.shop?.p99Ms)).toBeGreaterThan(0);
  expect(sum(report.routes[""]?.clientErrors)).toBeGreaterThan(0);
  expect(sum(report.services.gone?.serverErrors)).toBeGreaterThan(0);
  expect(sum(report.services.shop?.serverErrors)).toBe(0);
});

test("of workers it is the sum, and one that is killed and replaced changes nothing of what was", async () => {
  await using gateway = await startGateway(`listen: { host: 127.0.0.1, port: 0, workers: 2 }
routes: [{ name: hello, path: /hello, plugins: { respond: { body: hello } } }]
`);
  await until(async () => (await historyOf(gateway)).at.length > 0);
  await ask(gateway, "/hello", 40);
  await until(async () => requestsOf(await historyOf(gateway), "hello") === 40);
  const [first] = await workersOf(gateway);
  await replaceWorker(gateway, first?.pid ?? 0);
  await ask(gateway, "/hello", 10);
  await until(async () => requestsOf(await historyOf(gateway), "hello") >= 50);
  const { at } = await historyOf(gateway);
  await until(async () => (await historyOf(gateway)).at.length >= at.length + 2);
  expect(requestsOf(await historyOf(gateway), "hello")).toBe(50);
}, 60_000);
