import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { currentToken, RSA } from "../plugins/jwt/tokens.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { untilMetric } from "../support/metrics.ts";
import { type Collector, spanOf, startCollector } from "../support/otlp/collector.ts";
import { exchange } from "../support/raw.ts";
import { startRedis } from "../support/redis.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(60_000);

/** Plugins that wait for a store, which two of them ask together. */
const cleanup = new AsyncDisposableStack();
let collector: Collector;
let gateway: GatewayProcess;

beforeAll(async () => {
  const redis = cleanup.use(await startRedis());
  collector = cleanup.use(startCollector());
  const folder = tempFolder();
  cleanup.defer(() => folder.remove());
  folder.write("jwt.pem", RSA.pem);
  gateway = cleanup.use(
    await startGateway(
      `redis: { url: "${redis.url}", command-timeout: 2s }
telemetry: { otlp: "${collector.url}", sampling: 100%, interval: 5ms }
plugins: { jwt: { public-key: ./jwt.pem, blacklist: { mode: check } }, respond: { body: mine } }
routes:
  - { path: /alone/* }
  - { path: /limited/*, plugins: { rate-limit: { limit: 2, window: 1h, key: principal } } }
`,
      { folder: folder.path },
    ),
  );
});

afterAll(() => cleanup.disposeAsync());

let serial = 0;

async function ask(below: string, token: string) {
  const path = `${below}/${++serial}`;
  const text = `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const reply = await exchange(gateway.port, text);
  const server = await until(() => collector.spans.find(({ attributes }) => attributes["url.path"] === path));
  const spans = collector.spans.filter(({ traceId }) => traceId === server.traceId);
  return { status: reply.status, server, spans };
}

test("a check that is made alone has a span, and one that is made along has one beside that of the limit", async () => {
  const token = currentToken({ sub: "ada", jti: "t1" });
  // The first time its signature is verified, too.
  await ask("/alone", token);
  const alone = await ask("/alone", token);
  expect(alone.status).toBe(200);
  expect(alone.spans.map(({ name }) => name)).toEqual(["plugin jwt authenticate", "GET /alone/*"]);
  const limited = await ask("/limited", token);
  expect(limited.status).toBe(200);
  expect(limited.spans.map(({ name }) => name).sort()).toEqual([
    "GET /limited/*",
    "plugin jwt authenticate",
    "plugin rate-limit limit",
  ]);
  for (const span of limited.spans) expect(span.status).toBe("unset");
  // The plugin itself is told what came of its check.
  const accepted = { route: limited.server.attributes["sluice.route"] as string, outcome: "accepted" };
  await untilMetric(gateway, "sluice_plugin_jwt_requests_total", accepted, 1);
});

test("what is too much is refused by the limit, not by the token", async () => {
  const token = currentToken({ sub: "eve", jti: "t2" });
  for (const status of [200, 200]) expect((await ask("/limited", token)).status).toBe(status);
  const { status, spans, server } = await ask("/limited", token);
  expect(status).toBe(429);
  expect(spanOf(spans, "plugin rate-limit limit").attributes["sluice.refused"]).toBe("rate_limited");
  expect(spanOf(spans, "plugin jwt authenticate").attributes).not.toHaveProperty("sluice.refused");
  expect(server).toMatchObject({ status: "unset", attributes: { "error.type": "rate_limited" } });
});

test("a revoked token is refused, with the limit asked along or not", async () => {
  const token = currentToken({ sub: "bob", jti: "t3" });
  expect((await ask("/limited", token)).status).toBe(200);
  const revoked = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/revocations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jti: "t3" }),
  });
  expect(revoked.status).toBeLessThan(300);
  for (const below of ["/alone", "/limited"]) {
    const { status, spans } = await ask(below, token);
    expect(status).toBe(401);
    expect(spanOf(spans, "plugin jwt authenticate").attributes["sluice.refused"]).toBe("unauthenticated");
  }
});
