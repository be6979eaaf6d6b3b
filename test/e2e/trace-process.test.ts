import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { metricsOf, untilMetric } from "../support/metrics.ts";
import { startCollector } from "../support/otlp/collector.ts";
import { connect, exchange } from "../support/raw.ts";
import { isTakenOver, rewrite } from "../support/reload.ts";
import { replies } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson } from "../support/workers.ts";

setDefaultTimeout(60_000);

const GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const up = startUpstream(replies());
afterAll(() => up.stop());

function yaml(telemetry: string, more = ""): string {
  return `${more}${telemetry === "" ? "" : `telemetry: { ${telemetry} }\n`}plugins: { access-log: {} }
services: { s: { targets: ["${up.url}"] } }
routes: [{ path: /*, service: s }]
`;
}

test("at SIGTERM what waits is sent, and the log and the metrics tell of traces", async () => {
  await using collector = startCollector();
  await using gateway = await startGateway(yaml(`otlp: "${collector.url}", sampling: 100%, interval: 1h`));
  for (let i = 0; i < 3; i++) await exchange(gateway.port, GET);
  const { traceId, spanId } = await gateway.waitForLog(({ msg }) => msg === "request");
  const metrics = await untilMetric(gateway, "sluice_trace_spans_waiting", {}, 6);
  expect(metrics.value("sluice_traces_recorded_total")).toBe(3);
  expect(metrics.value("sluice_traces_limited_total")).toBe(0);
  expect(await gateway.stop()).toBe(0);
  expect(collector.spans).toHaveLength(6);
  const ids = collector.spans.filter(({ kind }) => kind === "server").map((span) => [span.traceId, span.spanId]);
  expect(ids).toContainEqual([String(traceId), String(spanId)]);
});

/** Takes exports, and answers none. */
function startHangingCollector() {
  const collector = startCollector();
  collector.answer(() => new Promise(() => {}));
  return collector;
}

test("a second signal does not wait for a collector that does not answer", async () => {
  await using collector = startHangingCollector();
  await using gateway = await startGateway(
    yaml(`otlp: "${collector.url}", sampling: 100%, interval: 1h, timeout: 60s`),
  );
  await exchange(gateway.port, GET);
  gateway.signal("SIGTERM");
  await until(() => collector.exports.length === 1);
  gateway.signal("SIGTERM");
  expect(await gateway.exited).toBe(0);
  expect(gateway.logs.some(({ msg }) => msg?.startsWith("stopping at once"))).toBe(true);
  expect(gateway.logs.at(-1)?.msg).toBe("stopped");
});

test("workers have the time for their spans that telemetry.timeout says, beside that to drain", async () => {
  await using collector = startHangingCollector();
  const listen = "listen: { host: 127.0.0.1, port: 0, workers: 2, timeouts: { drain: 100ms } }\n";
  const telemetry = `otlp: "${collector.url}", sampling: 100%, interval: 1h, timeout: 6s`;
  await using gateway = await startGateway(yaml(telemetry, listen));
  await exchange(gateway.port, GET);
  gateway.signal("SIGTERM");
  expect(await gateway.exited).toBe(0);
  expect(collector.exports).toHaveLength(1);
  expect(gateway.logs.filter(({ level }) => level === "error")).toEqual([]);
});

test("a collector is asked past every proxy that the environment names", async () => {
  await using collector = startCollector();
  const proxies = ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map((name) => [name, "http://127.0.0.1:1"] as const);
  const text = yaml(`otlp: "${collector.url}", sampling: 100%, interval: 5ms`);
  await using gateway = await startGateway(text, { env: Object.fromEntries(proxies) });
  await exchange(gateway.port, GET);
  await collector.waitForSpans(2);
});

test("a collector that is killed and comes back loses only what found no room, and no request notices", async () => {
  const first = startCollector();
  const settings = `otlp: "${first.url}", sampling: 100%, interval: 5ms, queue: 10`;
  await using gateway = await startGateway(yaml(settings));
  using client = await connect(gateway.port);
  await client.exchange(GET);
  await first.waitForSpans(2);
  await first.stop();
  for (let i = 0; i < 50; i++) expect((await client.exchange(GET)).status).toBe(200);
  const isTold = ({ msg }: { readonly msg?: string }) => msg === "traces cannot be exported";
  await gateway.waitForLog(isTold);
  await untilMetric(gateway, "sluice_trace_collector_up", {}, 0);
  await untilMetric(gateway, "sluice_trace_spans_total", { result: "dropped" }, 90);
  await using second = startCollector(first.port);
  await second.waitForSpans(10, 15_000);
  const again = await gateway.waitForLog(({ msg }) => msg === "traces are exported again");
  expect(again.failed).toBe(0);
  expect(gateway.logs.filter(isTold)).toHaveLength(1);
  await untilMetric(gateway, "sluice_trace_spans_total", { result: "exported" }, 12);
  await untilMetric(gateway, "sluice_trace_collector_up", {}, 1);
});

test("each worker exports for itself, and what they count is added up", async () => {
  await using collector = startCollector();
  const listen = "listen: { host: 127.0.0.1, port: 0, workers: 2 }\n";
  await using gateway = await startGateway(yaml(`otlp: "${collector.url}", sampling: 100%, interval: 5ms`, listen));
  const instances = () => new Set(collector.spans.map(({ resource }) => resource["service.instance.id"])).size;
  let asked = 0;
  await until(
    async () => {
      await exchange(gateway.port, GET);
      asked++;
      return instances() === 2;
    },
    { timeout: 15_000, what: "both workers have exported" },
  );
  await collector.waitForSpans(2 * asked);
  await untilMetric(gateway, "sluice_trace_spans_total", { result: "exported" }, 2 * asked);
  await untilMetric(gateway, "sluice_traces_recorded_total", {}, asked);
});

test("telemetry is switched on, changed and off again while the gateway runs", async () => {
  await using collector = startCollector();
  await using other = startCollector();
  const to = (url: string, name: string) => yaml(`otlp: "${url}", sampling: 100%, interval: 1h, service-name: ${name}`);
  await using gateway = await startGateway(`reload: manual\n${yaml("")}`);
  using client = await connect(gateway.port);
  let count = 0;
  const go = async (text: string) => {
    await rewrite(gateway, `reload: manual\n${text}`);
    gateway.signal("SIGHUP");
    count++;
    await until(() => gateway.logs.filter(isTakenOver).length === count);
  };
  await client.exchange(GET);
  expect(up.requests.at(-1)?.headers.some(([name]) => name === "traceparent")).toBe(false);
  expect((await metricsOf(gateway)).value("sluice_traces_recorded_total")).toBeUndefined();

  await go(to(collector.url, "one"));
  await client.exchange(GET);
  expect(up.requests.at(-1)?.headers.some(([name]) => name === "traceparent")).toBe(true);
  // What is about something else keeps what waits where it is.
  await go(`${to(collector.url, "one")}  # the same\n`);
  await go(`${to(collector.url, "one")}shutdown-delay: 1ms\n`);
  await client.exchange(GET);
  await untilMetric(gateway, "sluice_trace_spans_waiting", {}, 4);
  expect(collector.exports).toHaveLength(0);

  await go(to(other.url, "two"));
  await collector.waitForSpans(4);
  await client.exchange(GET);
  await go(yaml(""));
  await other.waitForSpans(2);
  expect(other.spans[0]?.resource["service.name"]).toBe("two");
  await client.exchange(GET);
  expect(up.requests.at(-1)?.headers.some(([name]) => name === "traceparent")).toBe(false);
  expect((await metricsOf(gateway)).value("sluice_traces_recorded_total")).toBe(3);
});

test("an empty address switches traces off", async () => {
  await using gateway = await startGateway(yaml(`otlp: "\${OTLP_URL:-}", sampling: 100%`));
  await exchange(gateway.port, GET);
  expect(up.requests.at(-1)?.headers.some(([name]) => name === "traceparent")).toBe(false);
});

test("what the collector knows the gateway by is not shown", async () => {
  const headers = `headers: { x-honeycomb-team: hush, authorization: "\${KEY}" }`;
  await using gateway = await startGateway(
    yaml(`otlp: "http://127.0.0.1:1", sampling: 100%, ${headers}, interval: 5ms`),
    {
      env: { KEY: "hush-too" },
    },
  );
  await exchange(gateway.port, GET);
  await gateway.waitForLog(({ msg }) => msg === "traces cannot be exported");
  const shown = await adminJson<{ configuration: { telemetry: unknown } }>(gateway, "/api/config");
  expect(shown.configuration.telemetry).toMatchObject({
    headers: { "x-honeycomb-team": "[redacted]", authorization: `\${KEY}` },
  });
  expect(JSON.stringify([shown, gateway.logs])).not.toContain("hush");
});
