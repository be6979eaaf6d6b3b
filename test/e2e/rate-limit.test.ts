import { describe, expect, test } from "bun:test";
import { statusOf } from "../support/ask.ts";
import { startGateway } from "../support/gateway.ts";
import { exchange } from "../support/raw.ts";
import { startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

const CLIENTS = 64;

/** A gateway whose routes answer by themselves, each with its limit. */
function yaml(redisUrl: string, limits: Readonly<Record<string, string>>): string {
  const routes = Object.entries(limits).map(
    ([path, limit]) =>
      `  - { name: ${path}, path: /${path}, plugins: { rate-limit: ${limit}, respond: { status: 200 } } }`,
  );
  return `redis: { url: "${redisUrl}", command-timeout: 2s }\nroutes:\n${routes.join("\n")}\n`;
}

/** How many of so many requests passed, sent by 64 clients at once to these gateways in turn. */
async function passes(ports: readonly number[], path: string, requests: number): Promise<number> {
  let next = 0;
  let passed = 0;
  const client = async () => {
    while (next < requests) {
      const port = ports[next++ % ports.length] ?? 0;
      const status = await statusOf(port, `/${path}`);
      if (status === 200) passed++;
      else expect(status).toBe(429);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return passed;
}

test("over two gateways exactly the limit passes, whatever the interleaving, and a restart changes nothing", async () => {
  await using redis = await startRedis();
  const text = yaml(redis.url, {
    fixed: "{ limit: 100/10d, key: global, algorithm: fixed-window }",
    sliding: "{ limit: 100/10d, key: global, algorithm: sliding-window }",
    gcra: "{ limit: 100/1d, key: global }",
    several: "{ limits: [{ limit: 70/h, key: ip, burst: 70 }, { limit: 40/2h, key: global }] }",
    refilled: "{ limit: 100/s, burst: 50, key: global }",
  });
  await using a = await startGateway(text);
  let b = await startGateway(text);
  try {
    expect(await passes([a.port, b.port], "fixed", 300)).toBe(100);
    expect(await passes([a.port, b.port], "sliding", 300)).toBe(100);
    expect(await passes([a.port, b.port], "gcra", 300)).toBe(100);
    expect(await passes([a.port, b.port], "several", 200)).toBe(40);

    const startedAt = performance.now();
    const passed = await passes([a.port, b.port], "refilled", 1_500);
    const most = 50 + Math.floor((performance.now() - startedAt) / 10);
    expect(passed).toBeGreaterThanOrEqual(50);
    expect(passed).toBeLessThanOrEqual(most);

    await b.kill();
    b = await startGateway(text);
    for (const path of ["fixed", "sliding", "gcra", "several"]) expect(await passes([b.port], path, 20)).toBe(0);
  } finally {
    await b.kill();
  }
});

test("gateways that compare their counts know of each other soon, and wait for nothing", async () => {
  await using redis = await startRedis();
  const text = yaml(redis.url, {
    synced: "{ limit: 20/10d, key: global, algorithm: fixed-window, mode: synced, sync: 100ms }",
  });
  await using a = await startGateway(text);
  await using b = await startGateway(text);
  expect(await passes([a.port], "synced", 64)).toBe(20);
  let passed = 0;
  const isRefused = async () => {
    const status = await statusOf(b.port, "/synced");
    if (status === 200) passed++;
    return status === 429;
  };
  await until(isRefused, { what: "the other gateway knows" });
  expect(passed).toBeLessThanOrEqual(20);
  redis.hang();
  const startedAt = performance.now();
  expect(await statusOf(b.port, "/synced")).toBe(429);
  // Redis is given 2 s.
  expect(performance.now() - startedAt).toBeLessThan(1_800);
});

test("failed authentications bar an address at every gateway", async () => {
  await using redis = await startRedis();
  const text = `
redis: { url: "${redis.url}", command-timeout: 2s }
routes:
  - { path: /no, plugins: { rate-limit: { authentication-failures: 3/h }, respond: { status: 401 } } }
`;
  await using a = await startGateway(text);
  await using b = await startGateway(text);
  const statuses: number[] = [];
  for (const { port } of [a, a, a, a, b, b]) statuses.push(await statusOf(port, "/no"));
  expect(statuses).toEqual([401, 401, 401, 429, 401, 429]);
});

test("an entry counts for all routes that it is for, and for itself", async () => {
  const answered = "plugins: { respond: { status: 200 }";
  await using gateway = await startGateway(`
plugins: { rate-limit: { limit: 2/h } }
services: { s: { targets: ["http://127.0.0.1:1"], plugins: { rate-limit: { limit: 3/h } } } }
routes:
  - { path: /a, ${answered} } }
  - { path: /b, ${answered} } }
  - { path: /c, service: s, ${answered} } }
  - { path: /d, service: s, ${answered} } }
  - { path: /e, ${answered}, rate-limit: { limit: 1/h } } }
`);
  const passed = async (...paths: readonly string[]) => {
    const statuses: number[] = [];
    for (const path of paths) statuses.push(await statusOf(gateway.port, `/${path}`));
    return statuses.filter((status) => status === 200).length;
  };
  expect(await passed("e", "e")).toBe(1);
  expect(await passed("c", "d", "c", "d", "c")).toBe(3);
  expect(await passed("a", "b", "a", "b")).toBe(2);
});

test("the address that counts is told by trusted proxies alone", async () => {
  const routes = "routes: [{ path: /, plugins: { rate-limit: { limit: 2/h }, respond: { status: 200 } } }]\n";
  await using open = await startGateway(`listen: { host: 127.0.0.1, port: 0 }\n${routes}`);
  await using proxied = await startGateway(
    `listen: { host: 127.0.0.1, port: 0, trusted-proxies: [127.0.0.1] }\n${routes}`,
  );
  const ask = async (port: number, address: string) => {
    const lines = `Host: a\r\nX-Forwarded-For: ${address}\r\nForwarded: for=${address}\r\nX-Real-IP: ${address}\r\n`;
    return (await exchange(port, `GET / HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`)).status;
  };
  const spoofed = [];
  for (let i = 1; i <= 4; i++) spoofed.push(await ask(open.port, `192.0.2.${i}`));
  expect(spoofed).toEqual([200, 200, 429, 429]);
  const told = [];
  for (let i = 1; i <= 4; i++) told.push(await ask(proxied.port, `192.0.2.${i}`));
  expect(told).toEqual([200, 200, 200, 200]);
});

test("a refusal on the wire", async () => {
  await using gateway = await startGateway(
    "routes: [{ path: /, plugins: { rate-limit: { limit: 5/m, headers: both }, respond: { status: 204 } } }]\n",
  );
  const ask = () => exchange(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(204);
  const refused = await ask();
  const { status, headers, body } = refused;
  expect(status).toBe(429);
  const left = refused.header("retry-after");
  const fields = headers.filter(([name]) => /^(retry-after|ratelimit|x-ratelimit)/i.test(name));
  expect(fields.map(([name, value]) => `${name}: ${value}`).toSorted()).toEqual([
    'ratelimit-policy: "default";q=5;w=60',
    `ratelimit: "default";r=0;t=${left}`,
    `retry-after: ${left}`,
    "x-ratelimit-limit: 5",
    "x-ratelimit-remaining: 0",
    `x-ratelimit-reset: ${left}`,
  ]);
  // A twelfth of a second less for each that the six requests have taken.
  expect(Number(left)).toBeWithin(8, 13);
  expect(JSON.parse(body.toString())).toMatchObject({ status: 429, code: "rate_limited", title: "Too many requests" });
});

describe("a mistake in the limits", () => {
  test.each([
    [
      "{ limit: 5 }",
      "gateway.yaml:3:53 error routes[0].plugins.rate-limit.limit: plugin rate-limit: limit: 5 needs a window",
    ],
    ["{ limit: 5/m, key: adress }", "expected ip, principal, route, service, global, header:NAME"],
    ["{ limit: 5/m, algoritm: gcra }", 'did you mean "algorithm"'],
  ])("such as %s is told with its place", async (options, message) => {
    const text = `routes: [{ path: /, plugins: { rate-limit: ${options}, respond: { status: 204 } } }]\n`;
    await expect(startGateway(text)).rejects.toThrow(message);
  });
});
