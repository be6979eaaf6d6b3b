import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { type Script, startUpstream } from "../support/upstream.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const unavailable = response("", { status: 503, reason: "No" });

function yaml(urls: readonly string[], retry: string): string {
  return `
plugins: { access-log: {} }
services: { main: { targets: [${urls.map((url) => `"${url}"`).join(", ")}] } }
routes:
  - { path: /, service: main, plugins: { retry: { ${retry} } } }
  - { path: /other, service: main, plugins: { retry: { ${retry} } } }
`;
}

/** That many clients at a time, each with that many requests one after the other; the statuses of the replies. */
async function load(port: number, clients: number, requests: number, onReply: () => void = () => undefined) {
  const statuses: number[] = [];
  const run = async () => {
    using client = await connect(port);
    for (let i = 0; i < requests; i++) {
      statuses.push((await client.exchange(GET)).status);
      onReply();
    }
  };
  await Promise.all(Array.from({ length: clients }, run));
  return statuses;
}

test("64 clients at a time whose service fails get no more retries than the budget has, over all routes", async () => {
  const held: (() => void)[] = [];
  const script: Script = async (_, connection) => {
    await new Promise<void>((resolve) => held.push(resolve));
    await connection.send(unavailable);
  };
  using upstream = startUpstream(script);
  // The clock of this gateway stands still: all of it is one second.
  await using gateway = await startInProcess(yaml([upstream.url], "attempts: 10, backoff: { base: 0ms, max: 0ms }"));
  const paths = Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? "/" : "/other"));
  const replies = paths.map((path) => exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
  await until(() => held.length === 64);
  const releasing = setInterval(() => {
    for (const release of held.splice(0)) release();
  }, 1);
  const statuses = await Promise.all(replies);
  clearInterval(releasing);
  expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([503]));
  expect(upstream.requests).toHaveLength(64 + Math.floor(64 * 0.2));
  const attempts = gateway.logs.filter(({ message }) => message === "request").map(({ fields }) => fields.attempts);
  expect(attempts.reduce<number>((sum, count) => sum + Number(count), 0)).toBe(76);
});

test("while every target fails, the load on them grows by no more than the budget", async () => {
  using one = startUpstream(replies(unavailable));
  using other = startUpstream(replies(unavailable));
  await using gateway = await startGateway(yaml([one.url, other.url], "backoff: { base: 1ms, max: 2ms }"));
  const startedAt = performance.now();
  const statuses = await load(gateway.port, 16, 100);
  const seconds = Math.ceil((performance.now() - startedAt) / 1_000);
  expect(statuses.every((status) => status === 503)).toBe(true);
  const arrived = one.requests.length + other.requests.length;
  expect(arrived).toBeGreaterThan(1_600);
  expect(arrived).toBeLessThanOrEqual(1_600 * 1.2 + 3 * seconds);
}, 60_000);

test("one of three targets dies under constant load: no client sees an error", async () => {
  const upstreams = [1, 2, 3].map(() => startUpstream(replies(response("fine"))));
  const [dying] = upstreams;
  try {
    const urls = upstreams.map(({ url }) => url);
    await using gateway = await startGateway(yaml(urls, "backoff: { base: 1ms, max: 5ms }"));
    let count = 0;
    const statuses = await load(gateway.port, 16, 100, () => {
      if (++count === 600) dying?.stop();
    });
    expect(statuses).toHaveLength(1_600);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(dying?.requests.length).toBeWithin(100, 300);
    const retried = await gateway.waitForLog(({ msg, attempts }) => msg === "request" && attempts === 2);
    expect(retried.target).not.toBe(dying?.url);
  } finally {
    for (const upstream of upstreams) upstream.stop();
  }
}, 60_000);

test("a client that leaves during the wait before a retry ends it", async () => {
  using upstream = startUpstream(replies(unavailable));
  await using gateway = await startInProcess(`
plugins: { access-log: {} }
services: { main: { targets: ["${upstream.url}"], timeouts: { total: 1d } } }
routes: [{ path: /, service: main, plugins: { retry: { backoff: { base: 1h, max: 1h } } } }]
`);
  const client = await connect(gateway.port);
  void client.send(GET);
  await gateway.waitForLog(({ message }) => message === "trying again");
  client.reset();
  const { fields } = await gateway.waitForLog(({ message }) => message === "request");
  expect(fields).toMatchObject({ status: 499, attempts: 1, errorCode: "client_closed" });
  expect(upstream.requests).toHaveLength(1);
});

test("a retry that would come after the total time is not waited for", async () => {
  using upstream = startUpstream(
    replies(response("", { status: 503, reason: "No", headers: [["Retry-After", "15"]] })),
  );
  await using gateway = await startInProcess(`
services: { main: { targets: ["${upstream.url}"], timeouts: { total: 10s } } }
routes: [{ path: /, service: main, plugins: { retry: { max-retry-after: 20s } } }]
`);
  const startedAt = performance.now();
  expect((await exchange(gateway.port, GET)).status).toBe(503);
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  expect(upstream.requests).toHaveLength(1);
});
