import { afterAll, beforeAll, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { type Collector, spanOf, startCollector } from "../support/otlp/collector.ts";
import type { ReceivedSpan } from "../support/otlp/spans.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

/** Waits, or not, in every phase, as its options say. */
const WAITS = `import { definePlugin, GatewayError, Reply, Type } from "sluice/plugin";
const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
export default definePlugin({
  name: "waits", description: "Waits.", answers: true,
  options: Type.Object({ in: Type.Array(Type.String()), fails: Type.Optional(Type.String()), answers: Type.Boolean({ default: false }) }),
  setup(options) {
    const waiting = (phase) => options.in.includes(phase);
    const filter = (phase) => (ctx) => {
      ctx.trace?.set("shop.phase", phase);
      ctx.request.headers.set("x-seen-" + phase, ctx.trace?.traceparent ?? "none");
      if (!waiting(phase)) return undefined;
      return pause().then(() => { if (options.fails === phase) throw new GatewayError("forbidden"); });
    };
    const layer = (phase) => (next) => async (ctx) => {
      if (waiting(phase)) await pause();
      if (options.fails === phase) throw new Error("oh");
      if (options.answers) return Reply.text(200, "own");
      return next(ctx);
    };
    return {
      request: filter("request"), authenticate: filter("authenticate"), limit: filter("limit"),
      ...(waiting("cache") && { cache: layer("cache") }), ...(waiting("forward") && { forward: layer("forward") }),
      ...(waiting("attempt") && { attempt: layer("attempt") }),
      response: (_, reply) => (waiting("response") ? pause().then(() => reply) : reply),
    };
  },
});
`;

const cleanup = new AsyncDisposableStack();
let collector: Collector;
let upstream: Upstream;
let copies: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  collector = cleanup.use(startCollector());
  upstream = cleanup.use(startUpstream(replies()));
  copies = cleanup.use(startUpstream(replies()));
  const waits = (options: string) => `{ ./waits.ts: { ${options} } }`;
  const all = "in: [request, authenticate, limit, cache, forward, attempt, response]";
  gateway = cleanup.use(
    await startInProcess(
      `
telemetry: { otlp: "${collector.url}", sampling: 100%, interval: 5ms }
services:
  api: { targets: ["${upstream.url}"] }
  hasty: { targets: ["${upstream.url}"], timeouts: { response: 300ms } }
  copies: { targets: ["${copies.url}"] }
routes:
  - { path: /all/*, service: api, plugins: ${waits(all)} }
  - { path: /none/*, service: api, plugins: ${waits("in: []")} }
  - { path: /refused/*, service: api, plugins: ${waits("in: [limit], fails: limit")} }
  - { path: /broken/*, service: api, plugins: ${waits("in: [forward], fails: forward")} }
  - { path: /own/*, plugins: ${waits("in: [cache], answers: true")} }
  - { path: /mirror/*, service: api, plugins: { mirror: { service: copies } } }
  - { path: /fallback/*, service: hasty, plugins: { circuit-breaker: { consecutive-failures: 1, fallback: { service: copies } } } }
  - { path: /shared/*, service: api, plugins: { cache: {} } }
`,
      { "waits.ts": WAITS },
    ),
  );
});

afterAll(() => cleanup.disposeAsync());

let serial = 0;

async function ask(below: string, count: number, more = "") {
  const path = `${below}/${++serial}`;
  const reply = await exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`);
  return { path, reply, spans: await spansOf(path, count) };
}

/** All spans of the trace of the request to a path, when there are so many. */
async function spansOf(path: string, count: number): Promise<readonly ReceivedSpan[]> {
  const inTrace = () => {
    const traceId = collector.spans.find(({ attributes }) => attributes["url.path"] === path)?.traceId;
    return collector.spans.filter((span) => span.traceId === traceId);
  };
  await until(() => inTrace().length >= count, {
    what: () =>
      `${count} spans of ${path} came: ${inTrace()
        .map(({ name }) => name)
        .join(", ")}`,
  });
  return inTrace();
}

const told = (from: Upstream, path: string) =>
  from.requests.find(({ target }) => target === path)?.headers.find(([name]) => name === "traceparent")?.[1];

test("every phase that waits has a span, and what runs inside of a layer is below it", async () => {
  const { path, spans } = await ask("/all", 9);
  expect(spans).toHaveLength(9);
  const server = spanOf(spans, "server");
  const phase = (name: string) => spanOf(spans, `plugin waits ${name}`);
  for (const name of ["request", "authenticate", "limit", "cache", "response"]) {
    expect(phase(name)).toMatchObject({ parentSpanId: server.spanId, kind: "internal", status: "unset" });
    expect(phase(name).endMs - phase(name).startMs).toBeGreaterThan(3);
  }
  expect(phase("forward").parentSpanId).toBe(phase("cache").spanId);
  expect(phase("attempt").parentSpanId).toBe(phase("forward").spanId);
  const client = spanOf(spans, "client");
  expect(client.parentSpanId).toBe(phase("attempt").spanId);
  expect(told(upstream, path)).toBe(`00-${server.traceId}-${client.spanId}-01`);
});

test("what need not be waited for has none", async () => {
  const { spans } = await ask("/none", 2);
  expect(spans.map(({ kind }) => kind).sort()).toEqual(["client", "server"]);
});

test("a plugin knows where it is in the trace, and adds to the span of the request", async () => {
  const { path, spans } = await ask("/none", 2);
  const server = spanOf(spans, "server");
  expect(server.attributes["shop.phase"]).toBe("limit");
  const seen = upstream.requests
    .find(({ target }) => target === path)
    ?.headers.find(([name]) => name === "x-seen-limit");
  expect(seen?.[1]).toBe(`00-${server.traceId}-${server.spanId}-01`);
});

test("a plugin that refuses is no error, one that fails is", async () => {
  const refused = await ask("/refused", 2);
  expect(refused.reply.status).toBe(403);
  expect(spanOf(refused.spans, "plugin waits limit")).toMatchObject({
    status: "unset",
    attributes: { "sluice.refused": "forbidden" },
  });
  expect(spanOf(refused.spans, "server")).toMatchObject({
    status: "unset",
    attributes: { "http.response.status_code": 403, "error.type": "forbidden" },
  });
  const broken = await ask("/broken", 2);
  expect(spanOf(broken.spans, "plugin waits forward")).toMatchObject({
    status: "error",
    attributes: { "error.type": "internal" },
  });
  expect(spanOf(broken.spans, "server")).toMatchObject({ status: "error" });
});

test("a plugin that answers by itself leaves no attempt", async () => {
  const { spans, reply } = await ask("/own", 2);
  expect(reply.body.toString()).toBe("own");
  expect(spans.map(({ name }) => name).sort()).toEqual(["GET /own/*", "plugin waits cache"]);
});

test("a copy of a request belongs to its trace", async () => {
  const { path, spans } = await ask("/mirror", 3);
  await until(() => told(copies, path) !== undefined);
  const all = await spansOf(path, spans.length);
  const clients = all.filter(({ kind }) => kind === "client");
  expect(new Set(clients.map(({ attributes }) => attributes["sluice.service"]))).toEqual(new Set(["api", "copies"]));
  const copied = clients.find(({ attributes }) => attributes["sluice.service"] === "copies");
  expect(told(copies, path)).toBe(`00-${copied?.traceId}-${copied?.spanId}-01`);
});

test("what comes out of the cache has asked nobody", async () => {
  upstream.answer(replies(response("kept", { headers: [["Cache-Control", "max-age=60"]] })));
  const { path, spans } = await ask("/shared", 3);
  upstream.answer(replies());
  expect(spanOf(spans, "client").parentSpanId).toBe(spanOf(spans, "plugin cache cache").spanId);
  const before = collector.spans.length;
  await exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await until(() => collector.spans.length > before);
  const hits = collector.spans.slice(before);
  expect(hits.map(({ name, kind }) => [name, kind])).toEqual([["GET /shared/*", "server"]]);
  expect(hits[0]?.attributes).toMatchObject({ "sluice.attempts": 0, "sluice.cache": "hit" });
});

test("requests that wait for the same answer have no attempt but one", async () => {
  const path = `/shared/${++serial}`;
  const answer = Promise.withResolvers<void>();
  upstream.answer(async (_, connection) => {
    await answer.promise;
    await connection.send(response("kept", { headers: [["Cache-Control", "max-age=60"]] }));
  });
  const before = upstream.requests.length;
  const clients = await Promise.all([1, 2, 3].map(() => connect(gateway.port)));
  const asked = clients.map((client) => client.exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
  await upstream.waitForRequests(before + 1);
  // Once it has answered this, the gateway has the three before, too.
  await exchange(gateway.port, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  answer.resolve();
  await Promise.all(asked);
  for (const client of clients) client.close();
  upstream.answer(replies());
  const of = () => collector.spans.filter(({ attributes }) => attributes["url.path"] === path);
  await until(() => of().length === 3);
  const ids = of().map(({ traceId }) => traceId);
  const attempts = collector.spans.filter(({ traceId, kind }) => ids.includes(traceId) && kind === "client");
  expect(attempts).toHaveLength(1);
  expect(of().map(({ attributes }) => attributes["sluice.cache"] ?? "asked")).toEqual(
    expect.arrayContaining(["asked", "collapsed", "collapsed"]),
  );
});

test("a reply that is refreshed after it was given belongs to the request that has found it stale", async () => {
  const headers = [["Cache-Control", "max-age=1, stale-while-revalidate=60"]] as const;
  upstream.answer(replies(response("kept", { headers })));
  const { path } = await ask("/shared", 3);
  gateway.clock.advance(2_000);
  const before = collector.spans.length;
  await exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await until(() => collector.spans.length >= before + 2);
  upstream.answer(replies());
  const spans = collector.spans.slice(before);
  const server = spanOf(spans, "server");
  const client = spanOf(spans, "client");
  const parents = spans.map(({ spanId }) => spanId);
  expect(server.attributes["sluice.cache"]).toBe("stale");
  expect(client.traceId).toBe(server.traceId);
  expect(parents).toContain(client.parentSpanId);
  const [latest] = upstream.requests.slice(-1);
  expect(latest?.headers).toContainEqual(["traceparent", `00-${server.traceId}-${client.spanId}-01`]);
});

test("the fallback of a service that fails is an attempt as well", async () => {
  upstream.answer(hangs());
  await ask("/fallback", 2);
  upstream.answer(replies());
  const { spans, reply } = await ask("/fallback", 3);
  expect(reply.status).toBe(200);
  const client = spanOf(spans, "client");
  expect(client.attributes["sluice.service"]).toBe("copies");
  expect(spanOf(spans, "server").status).toBe("unset");
});
