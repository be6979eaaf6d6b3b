import { heapStats } from "bun:jsc";
import { afterEach, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { type CollectorAnswer, startCollector } from "../support/otlp/collector.ts";
import { connect } from "../support/raw.ts";
import { replies } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";

let cleanup = new AsyncDisposableStack();

afterEach(async () => {
  await cleanup.disposeAsync();
  cleanup = new AsyncDisposableStack();
});

interface Traced {
  readonly gateway: InProcessGateway;
  ask(times?: number, path?: string): Promise<void>;
  /** What was counted of spans. */
  spans(): Readonly<Record<string, number>>;
  waiting(): number | undefined;
  /** How often such a line was logged. */
  logged(message: string): number;
}

/** A gateway that records everything, with a request's two spans each. */
async function traced(otlp: string, settings = "interval: 5ms"): Promise<Traced> {
  const upstream = cleanup.use(startUpstream(replies()));
  const gateway = cleanup.use(
    await startInProcess(`
telemetry: { otlp: "${otlp}", sampling: 100%, ${settings} }
services: { api: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: api }, { path: /own, plugins: { respond: {} } }]
`),
  );
  const numbers = (name: string) => {
    const family = gateway.families().find((one) => one.name === name);
    return family === undefined || family.type === "histogram" ? [] : family.series;
  };
  return {
    gateway,
    async ask(times = 1, path = "/x") {
      using client = await connect(gateway.port);
      const message = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
      for (let i = 0; i < times; i++) expect((await client.exchange(message)).status).toBe(200);
    },
    spans: () => Object.fromEntries(numbers("sluice_trace_spans_total").map(({ labels, value }) => [labels[0], value])),
    waiting: () => numbers("sluice_trace_spans_waiting")[0]?.value,
    logged: (message) => gateway.logs.filter((line) => line.message === message).length,
  };
}

const FAILING = "traces cannot be exported";
const AGAIN = "traces are exported again";

/** Answers with these, one after the other, then as a collector does. */
function inTurn(...answers: readonly CollectorAnswer[]): CollectorAnswer {
  let turn = 0;
  return (received) => answers[turn++]?.(received) ?? new Response();
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  () =>
    new Response("no", { status: code, headers });

test("an export is what OTLP over HTTP asks for, with the headers of the configuration", async () => {
  const collector = cleanup.use(startCollector());
  const { ask, spans } = await traced(collector.url, `interval: 5ms, headers: { X-Api-Key: hush, x-empty: "" }`);
  await ask();
  await collector.waitForSpans(2);
  const [first] = collector.exports;
  expect(first?.path).toBe("/v1/traces");
  expect(first?.headers.get("content-type")).toBe("application/x-protobuf");
  expect(first?.headers.get("x-api-key")).toBe("hush");
  expect(first?.headers.get("host")).toBe(`127.0.0.1:${collector.port}`);
  await until(() => spans().exported === 2);
});

test.each(["/", "/v1/traces", "/v1/traces/"])(
  "with %j behind its address a collector is found as well",
  async (path) => {
    const collector = cleanup.use(startCollector());
    const { ask } = await traced(`${collector.url}${path}`);
    await ask();
    await collector.waitForSpans(2);
    expect(collector.exports[0]?.path).toBe("/v1/traces");
  },
);

test("spans are sent together: at most 256, and none waits longer than the interval", async () => {
  const collector = cleanup.use(startCollector());
  const { ask } = await traced(collector.url, "interval: 500ms");
  await ask(200);
  await collector.waitForSpans(400);
  const sizes = collector.exports.map((one) => one.spans.length);
  expect(sizes.length).toBeLessThan(20);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
});

test.each([429, 502, 503, 504])("after %d the same spans are sent again, and nothing is lost", async (code) => {
  const collector = cleanup.use(startCollector());
  collector.answer(inTurn(status(code)));
  const { ask, spans, logged } = await traced(collector.url);
  await ask();
  await collector.waitForSpans(2);
  const ids = collector.exports.map((one) => one.spans.map(({ spanId }) => spanId));
  expect(ids).toHaveLength(2);
  expect(ids[0]).toEqual(ids[1] ?? []);
  await until(() => logged(AGAIN) === 1);
  expect(logged(FAILING)).toBe(1);
  expect(spans()).toEqual({ exported: 2, failed: 0, dropped: 0 });
});

test("a collector says how long to wait", async () => {
  const collector = cleanup.use(startCollector());
  let refusedAt = 0;
  const refuse = () => {
    refusedAt = performance.now();
    return new Response("no", { status: 503, headers: { "retry-after": "2" } });
  };
  collector.answer(inTurn(refuse));
  const { ask } = await traced(collector.url);
  await ask();
  await collector.waitForSpans(2);
  expect(performance.now() - refusedAt).toBeGreaterThan(1_900);
});

test.each([
  ["400", status(400), "the collector answers with the status 400"],
  ["500", status(500), "the collector answers with the status 500"],
  ["a redirect", status(302, { location: "/elsewhere" }), "the collector answers with the status 302"],
  ["a page", () => new Response("<!doctype html>"), "what answers speaks no OTLP: its answer cannot be read"],
  ["too much", () => new Response("x".repeat(100_000)), "what answers speaks no OTLP: its answer cannot be read"],
])("after %s spans are counted as failed, which is logged once", async (_, answer, reason) => {
  const collector = cleanup.use(startCollector());
  collector.answer(answer);
  const { ask, spans, logged, gateway } = await traced(collector.url);
  for (const failed of [2, 4, 6]) {
    await ask();
    await until(() => spans().failed === failed);
  }
  expect(collector.exports.length).toBeLessThanOrEqual(6);
  expect(gateway.logs.filter(({ message }) => message === FAILING)).toMatchObject([{ fields: { reason } }]);
  collector.answer(() => new Response());
  await ask();
  await until(() => logged(AGAIN) === 1);
  expect(spans()).toEqual({ exported: 2, failed: 6, dropped: 0 });
});

test("spans that a collector rejects are counted as failed", async () => {
  const collector = cleanup.use(startCollector());
  // ExportTraceServiceResponse: partial_success with rejected_spans 1.
  collector.answer(() => new Response(new Uint8Array([0x0a, 0x02, 0x08, 0x01])));
  const { ask, spans, logged } = await traced(collector.url, "interval: 50ms");
  await ask();
  await until(() => spans().failed === 1);
  expect(spans().exported).toBe(1);
  expect(logged("the collector has rejected spans")).toBe(1);
});

test("a collector that comes late gets what has waited", async () => {
  const first = startCollector();
  await first.stop();
  const { ask, logged } = await traced(first.url);
  await ask(3);
  await until(() => logged(FAILING) === 1);
  const collector = cleanup.use(startCollector(first.port));
  await collector.waitForSpans(6);
  await until(() => logged(AGAIN) === 1);
});

test("a collector that hangs delays no request, and what waits for it is bounded", async () => {
  const collector = cleanup.use(startCollector());
  const asked = Promise.withResolvers<Response>();
  collector.answer(() => asked.promise);
  const { ask, spans, waiting, logged } = await traced(collector.url, "interval: 5ms, queue: 20, timeout: 30s");
  const startedAt = performance.now();
  await ask(300);
  // It has 30 s to answer.
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  await until(() => spans().dropped === 580);
  expect(waiting()).toBe(20);
  expect(logged("spans are dropped: too many wait for the collector")).toBe(1);
  asked.resolve(new Response());
  await until(() => spans().exported === 20);
  expect(waiting()).toBe(0);
});

test("a collector that answers too late is asked again", async () => {
  const collector = cleanup.use(startCollector());
  const never = new Promise<Response>(() => {});
  collector.answer(inTurn(() => never));
  const { ask, gateway } = await traced(collector.url, "interval: 5ms, timeout: 300ms");
  await ask();
  await collector.waitForSpans(2);
  const [line] = gateway.logs.filter(({ message }) => message === FAILING);
  expect(line?.fields).toEqual({ reason: "no answer within 300 ms" });
});

test("nothing is kept of requests whose spans were dropped", async () => {
  const { ask, spans } = await traced("http://127.0.0.1:1", "interval: 5ms, queue: 50");
  const objects = () => {
    Bun.gc(true);
    return heapStats().objectCount;
  };
  // Without a service: that of the test keeps every request.
  await ask(1_000, "/own");
  const before = objects();
  await ask(3_000, "/own");
  expect(spans().dropped).toBeGreaterThan(3_900);
  // One object more for each request would be 3,000.
  await until(() => objects() - before < 2_000, { what: () => `${objects() - before} objects are left` });
});

test("at a stop what waits is sent", async () => {
  const collector = cleanup.use(startCollector());
  const { ask, gateway } = await traced(collector.url, "interval: 1h");
  await ask(300);
  await gateway.stop();
  expect(collector.spans).toHaveLength(600);
});

test("a stop waits for a dead collector only as long as it may", async () => {
  const collector = cleanup.use(startCollector());
  collector.answer(() => new Promise<Response>(() => {}));
  const { ask, gateway, spans } = await traced(collector.url, "interval: 1h, timeout: 300ms");
  await ask(300);
  const startedAt = performance.now();
  await gateway.stop();
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(spans().failed).toBe(600);
});
