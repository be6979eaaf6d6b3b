import { afterAll, beforeAll, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { type Collector, spanOf, startCollector } from "../support/otlp/collector.ts";
import type { ReceivedSpan } from "../support/otlp/spans.ts";
import { connect, exchange } from "../support/raw.ts";
import { closes, closesAfter, hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";

const cleanup = new AsyncDisposableStack();
let collector: Collector;
let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  collector = cleanup.use(startCollector());
  upstream = cleanup.use(startUpstream(replies()));
  using gone = startUpstream(replies());
  const retry = "{ attempts: 3, backoff: { base: 1ms, max: 1ms }, budget: { minimum: 100 } }";
  gateway = cleanup.use(
    await startInProcess(`
telemetry:
  otlp: "${collector.url}"
  sampling: 100%
  service-name: shop
  interval: 10ms
  resource: { deployment.environment.name: test }
services:
  api: { targets: ["${upstream.url}"] }
  hasty: { targets: ["${upstream.url}"], timeouts: { response: 200ms } }
  gone: { targets: ["${gone.url}"] }
routes:
  - { name: plain, path: /plain/*, service: api }
  - { path: /hasty/*, service: hasty }
  - { path: /rewritten/:id, service: api, rewrite: /v2/:id }
  - { path: /gone, service: gone }
  - { path: /retry/*, service: api, plugins: { retry: ${retry} } }
  - { path: /hedge/*, service: api, plugins: { retry: { hedge: { after: 20ms }, budget: { minimum: 100 } } } }
  - { path: /broken/*, service: api, plugins: { circuit-breaker: {} } }
  - { path: /ws, service: api, upgrade: [websocket] }
`),
  );
});

afterAll(() => cleanup.disposeAsync());

let serial = 0;

/** The spans of the latest request, when those are so many. */
async function spansOf(path: string, count: number): Promise<readonly ReceivedSpan[]> {
  const traceId = () => collector.spans.find(({ attributes }) => attributes["url.path"] === path)?.traceId;
  const inTrace = () => collector.spans.filter((span) => span.traceId === traceId());
  await until(() => traceId() !== undefined && inTrace().length >= count, {
    what: () => `${count} spans of ${path} came: ${JSON.stringify(inTrace(), null, 1)}`,
  });
  return inTrace();
}

const message = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: shop.test:8080\r\n${more}\r\n`;

/** Sends a request to a path of its own below, and answers it with the spans that have come of it. */
async function ask(below: string, count: number, script: Script = replies()) {
  const path = `${below}/${++serial}`;
  upstream.answer(script);
  const reply = await exchange(gateway.port, message(path)).catch(() => undefined);
  return { path, reply, spans: await spansOf(path, count) };
}

test("a request has a span, with what the conventions ask for and nothing secret", async () => {
  upstream.answer(replies());
  const path = `/plain/${++serial}`;
  const more = "User-Agent: tests\r\nAuthorization: Bearer hush\r\nCookie: hush=1\r\n";
  await exchange(gateway.port, message(`${path}?token=hush`, more));
  const spans = await spansOf(path, 2);
  expect(spans).toHaveLength(2);
  const server = spanOf(spans, "server");
  expect(server).toMatchObject({ name: "GET /plain/*", parentSpanId: "", status: "unset", scope: "sluice" });
  expect(server.attributes).toMatchObject({
    "http.request.method": "GET",
    "http.route": "/plain/*",
    "http.response.status_code": 200,
    "url.path": path,
    "url.scheme": "http",
    "server.address": "shop.test",
    "server.port": 8080,
    "client.address": "127.0.0.1",
    "network.protocol.version": "1.1",
    "user_agent.original": "tests",
    "sluice.route": "plain",
    "sluice.service": "api",
    "sluice.attempts": 1,
  });
  expect(server.resource).toMatchObject({
    "service.name": "shop",
    "service.version": "0.1.0",
    "deployment.environment.name": "test",
    "telemetry.sdk.name": "opentelemetry",
  });
  expect(JSON.stringify(spans)).not.toContain("hush");
});

test("its attempt is a span below it, and the service is told to go on from there", async () => {
  const { spans } = await ask("/plain", 2);
  const server = spanOf(spans, "server");
  const client = spanOf(spans, "client");
  const [request] = upstream.requests.slice(-1);
  expect(client).toMatchObject({ name: "GET", parentSpanId: server.spanId, status: "unset" });
  expect(client.attributes).toMatchObject({
    "http.request.method": "GET",
    "http.response.status_code": 200,
    "server.address": "127.0.0.1",
    "server.port": upstream.port,
    "url.full": `${upstream.url}${request?.target}`,
    "sluice.service": "api",
  });
  expect(client.attributes).not.toHaveProperty("http.request.resend_count");
  const lines = request?.headers.filter(([name]) => name === "traceparent");
  expect(lines).toEqual([["traceparent", `00-${server.traceId}-${client.spanId}-01`]]);
  expect(client.startMs).toBeGreaterThanOrEqual(server.startMs);
  expect(client.endMs).toBeLessThanOrEqual(server.endMs);
  expect(Math.abs(server.startMs - Date.now())).toBeLessThan(10_000);
});

test("the path of an attempt is the one that the service is asked for, without its query", async () => {
  upstream.answer(replies());
  await exchange(gateway.port, message("/rewritten/7?key=1"));
  const spans = await spansOf("/rewritten/7", 2);
  expect(spanOf(spans, "client").attributes["url.full"]).toBe(`${upstream.url}/v2/7`);
  expect(spanOf(spans, "server").name).toBe("GET /rewritten/:id");
});

test("an unusual method is in an attribute of its own", async () => {
  upstream.answer(replies());
  const path = `/plain/${++serial}`;
  await exchange(gateway.port, `BREW ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  const server = spanOf(await spansOf(path, 2), "server");
  expect(server).toMatchObject({ name: "HTTP /plain/*" });
  expect(server.attributes).toMatchObject({
    "http.request.method": "_OTHER",
    "http.request.method_original": "BREW",
    "server.port": 80,
  });
});

test("a path without a route has a span that says so, and is no error", async () => {
  const path = `/nowhere/${++serial}`;
  await exchange(gateway.port, message(path));
  const [server, ...others] = await spansOf(path, 1);
  expect(others).toEqual([]);
  expect(server).toMatchObject({ name: "GET", status: "unset" });
  expect(server?.attributes).toMatchObject({
    "http.response.status_code": 404,
    "error.type": "route_not_found",
  });
});

test("what the service calls an error of the client is none of the gateway's", async () => {
  const { spans } = await ask("/plain", 2, replies(response("no", { status: 404, reason: "Not Found" })));
  expect(spanOf(spans, "server").status).toBe("unset");
  expect(spanOf(spans, "server").attributes).not.toHaveProperty("error.type");
  expect(spanOf(spans, "client")).toMatchObject({ status: "error", attributes: { "error.type": "404" } });
});

test("500 of the service is an error of both spans", async () => {
  const { spans } = await ask("/plain", 2, replies(response("no", { status: 500, reason: "Oh" })));
  expect(spans.map(({ status, attributes }) => [status, attributes["error.type"]])).toEqual([
    ["error", "500"],
    ["error", "500"],
  ]);
});

test.each([
  ["closes", closes(), "upstream_reset", 502],
  ["does not answer", hangs(), "upstream_timeout", 504],
  ["speaks no HTTP", replies("nonsense\r\n\r\n"), "upstream_invalid", 502],
] as const)("a service that %s is named in both spans", async (_, script, code, status) => {
  const { spans, reply } = await ask(status === 504 ? "/hasty" : "/plain", 2, script);
  expect(reply?.status).toBe(status);
  expect(spans.map(({ attributes }) => attributes["error.type"])).toEqual([code, code]);
  expect(spanOf(spans, "client").attributes).not.toHaveProperty("http.response.status_code");
  expect(spanOf(spans, "server").attributes["http.response.status_code"]).toBe(status);
});

test("a target that nobody listens on is named", async () => {
  await exchange(gateway.port, message("/gone"));
  const spans = await spansOf("/gone", 2);
  expect(spanOf(spans, "client")).toMatchObject({
    status: "error",
    attributes: { "error.type": "upstream_connect" },
  });
});

test("a reply that breaks off is an error of the attempt, though its head was good", async () => {
  const half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
  const { spans } = await ask("/plain", 2, closesAfter(half));
  expect(spans.map(({ status }) => status)).toEqual(["error", "error"]);
  expect(spanOf(spans, "client").attributes).toMatchObject({ "http.response.status_code": 200 });
});

test("an attempt lasts until its reply is whole", async () => {
  const rest = Promise.withResolvers<void>();
  upstream.answer(async (_, connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none");
    await rest.promise;
    await connection.send("two");
  });
  const path = `/plain/${++serial}`;
  using client = await connect(gateway.port);
  await client.send(message(path));
  await client.readUntil("one");
  const headAt = Date.now();
  await until(() => Date.now() > headAt + 30);
  rest.resolve();
  await client.readUntil("two");
  const spans = await spansOf(path, 2);
  expect(spanOf(spans, "client").endMs).toBeGreaterThan(headAt + 25);
  expect(spanOf(spans, "client").endMs).toBe(spanOf(spans, "server").endMs);
});

test("a client that leaves is no error of the service", async () => {
  upstream.answer(hangs());
  const path = `/plain/${++serial}`;
  const before = upstream.requests.length;
  {
    using client = await connect(gateway.port);
    await client.send(message(path));
    await upstream.waitForRequests(before + 1);
    client.reset();
  }
  const spans = await spansOf(path, 2);
  const server = spanOf(spans, "server");
  expect(server).toMatchObject({ status: "unset", attributes: { "error.type": "client_closed" } });
  expect(server.attributes).not.toHaveProperty("http.response.status_code");
  expect(spanOf(spans, "client")).toMatchObject({ status: "unset", attributes: { "sluice.cancelled": true } });
});

test("each try has a span below that of the plugin, and a service knows which it is", async () => {
  let tries = 0;
  const failing = response("no", { status: 503, reason: "Busy" });
  const { path, spans } = await ask("/retry", 5, (request, connection) =>
    replies(++tries < 3 ? failing : response("good"))(request, connection),
  );
  const server = spanOf(spans, "server");
  const retry = spanOf(spans, "plugin retry forward");
  const attempts = spans.filter(({ kind }) => kind === "client");
  expect(retry).toMatchObject({ kind: "internal", parentSpanId: server.spanId });
  expect(attempts.map(({ parentSpanId }) => parentSpanId)).toEqual([retry.spanId, retry.spanId, retry.spanId]);
  expect(attempts.map(({ attributes }) => attributes["http.request.resend_count"])).toEqual([undefined, 1, 2]);
  expect(attempts.map(({ status }) => status)).toEqual(["error", "error", "unset"]);
  expect(server).toMatchObject({ status: "unset", attributes: { "sluice.attempts": 3 } });
  const told = upstream.requests
    .filter(({ target }) => target === path)
    .map(({ headers }) => headers.find(([name]) => name === "traceparent")?.[1]);
  expect(told).toEqual(attempts.map(({ spanId }) => `00-${server.traceId}-${spanId}-01`));
});

test("of two tries at a time each has its own span, and the one that lost is no error", async () => {
  let tries = 0;
  const { path, spans } = await ask("/hedge", 4, (request, connection) =>
    (++tries === 1 ? hangs() : replies())(request, connection),
  );
  const attempts = spans.filter(({ kind }) => kind === "client");
  const lost = attempts.find(({ attributes }) => attributes["sluice.cancelled"] === true);
  const won = attempts.find(({ attributes }) => attributes["http.response.status_code"] === 200);
  expect(lost).toMatchObject({ status: "unset" });
  expect(won?.attributes["http.request.resend_count"]).toBe(1);
  const told = upstream.requests
    .filter(({ target }) => target === path)
    .map(({ headers }) => headers.find(([name]) => name === "traceparent")?.[1]?.split("-")[2]);
  expect(told).toEqual([lost?.spanId, won?.spanId]);
});

test("a tunnel is one span until its end", async () => {
  const head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  upstream.answer((_, connection) => {
    connection.isRaw = true;
    return connection.send(head);
  });
  using client = await connect(gateway.port);
  await client.send(message("/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"));
  await client.readUntil("\r\n\r\n");
  const openedAt = Date.now();
  await until(() => Date.now() > openedAt + 30);
  expect(collector.spans.some(({ name }) => name === "GET /ws")).toBe(false);
  client.close();
  const spans = await spansOf("/ws", 2);
  for (const span of spans) {
    expect(span.attributes["http.response.status_code"]).toBe(101);
    expect(span.endMs).toBeGreaterThan(openedAt + 25);
  }
});
