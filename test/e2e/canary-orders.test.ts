import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { exchange } from "../support/raw.ts";
import { startRedis } from "../support/redis.ts";
import { reload, rewrite } from "../support/reload.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson, replaceWorker, workersOf } from "../support/workers.ts";

setDefaultTimeout(60_000);

const old = startUpstream(replies(response("old")));
const next = startUpstream(replies(response("new")));
afterAll(() => {
  old.stop();
  next.stop();
});

const yaml = (workers: number, more = "", route = "") => `
listen: { host: 127.0.0.1, port: 0, workers: ${workers} }
reload: manual
${more}
services: { old: { targets: ["${old.url}"] }, next: { targets: ["${next.url}"] } }
routes:
  - name: shop
    path: /*
    service: old
    canary: { service: next, steps: [50%, 60%], every: 1h, min-requests: 100000${route} }
`;

interface Canary {
  readonly state: string;
  readonly share: number;
  readonly reason?: string;
}

async function canaryOf(gateway: GatewayProcess): Promise<Canary | undefined> {
  return (await adminJson<{ canaries: readonly Canary[] }>(gateway, "/api/canaries")).canaries[0];
}

async function order({ adminPort }: GatewayProcess, action: string): Promise<Canary> {
  const body = JSON.stringify({ route: "shop", action });
  const answer = await fetch(`http://127.0.0.1:${adminPort}/api/canaries`, { method: "POST", body });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Canary;
}

/** Who answers over new connections, enough to reach all workers. */
async function answering({ port }: GatewayProcess): Promise<string> {
  const get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const answers = await Promise.all(Array.from({ length: 60 }, () => exchange(port, get)));
  return [...new Set(answers.map(({ body }) => body.toString()))].sort().join(" ");
}

test.each([1, 2])("with %d processes all go by an order when it is answered", async (workers) => {
  await using gateway = await startGateway(yaml(workers));
  expect(await answering(gateway)).toBe("new old");
  expect(await order(gateway, "promote")).toMatchObject({ state: "promoted", share: 1 });
  expect(await answering(gateway)).toBe("new");
  expect(await order(gateway, "abort")).toMatchObject({ state: "stopped", share: 0, reason: "stopped by hand" });
  expect(await answering(gateway)).toBe("old");
  const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
  expect(metrics).toContain('sluice_canary_share{route="shop",service="next"} 0');
  expect(metrics).toContain('sluice_canary_stopped{route="shop",service="next"} 1');
  expect(await order(gateway, "resume")).toMatchObject({ state: "running", share: 0.5 });
  expect(await answering(gateway)).toBe("new old");
  expect(await order(gateway, "pause")).toMatchObject({ state: "paused", share: 0.5 });
  await gateway.waitForLog(({ msg, state }) => msg === "a canary was ordered" && state === "paused");
});

test("a worker that starts later goes by the order from its first request on", async () => {
  await using gateway = await startGateway(yaml(2));
  await order(gateway, "abort");
  const before = next.requests.length;
  for (const { pid } of await workersOf(gateway)) await replaceWorker(gateway, pid ?? 0);
  expect(await answering(gateway)).toBe("old");
  expect(next.requests.length).toBe(before);
  expect(await canaryOf(gateway)).toMatchObject({ state: "stopped" });
});

test("a reload that leaves the canary as it is leaves the order, another canary begins anew", async () => {
  await using gateway = await startGateway(yaml(2));
  await order(gateway, "abort");
  await rewrite(gateway, `${yaml(2)}  - { path: /other, service: old }\n`);
  await reload(gateway);
  expect(await canaryOf(gateway)).toMatchObject({ state: "stopped" });
  expect(await answering(gateway)).toBe("old");
  await rewrite(gateway, yaml(2, "", ", window: 50s"));
  await reload(gateway);
  expect(await canaryOf(gateway)).toMatchObject({ state: "running", share: 0.5 });
});

test("gateways that share Redis go by one order, also those that start later, and go on without it", async () => {
  await using redis = await startRedis();
  const common = `redis: { url: "${redis.url}" }`;
  await using first = await startGateway(yaml(1, common));
  await using second = await startGateway(yaml(2, common));
  await order(first, "abort");
  // Each of its workers hears of it by itself, within a second.
  await until(async () => (await answering(second)) === "old", { timeout: 20_000 });
  expect(await canaryOf(second)).toMatchObject({ state: "stopped", share: 0 });
  await order(second, "resume");
  await until(async () => (await canaryOf(first))?.state === "running", { timeout: 20_000 });
  await order(first, "promote");
  await until(async () => (await answering(second)) === "new", { timeout: 20_000 });
  await using third = await startGateway(yaml(1, common));
  expect(await answering(third)).toBe("new");
  await redis.kill();
  expect(await order(first, "abort")).toMatchObject({ state: "stopped" });
  expect(await answering(first)).toBe("old");
});

test("orders that come at once are followed one after the other", async () => {
  await using gateway = await startGateway(yaml(2));
  const actions = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "abort" : "resume"));
  await Promise.all(actions.map((action) => order(gateway, action)));
  const share = (await canaryOf(gateway))?.share;
  expect(await answering(gateway)).toBe(share === 0 ? "old" : "new old");
});
