import { afterAll, beforeAll, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { type Collector, spanOf, startCollector } from "../support/otlp/collector.ts";
import { replies } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf } from "../support/ways.ts";

const PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

const cleanup = new AsyncDisposableStack();
let collector: Collector;
let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  collector = cleanup.use(startCollector());
  upstream = cleanup.use(startUpstream(replies()));
  gateway = cleanup.use(
    await startInProcess(`${listenEveryWay()}
telemetry: { otlp: "${collector.url}", sampling: 0%, parent: respect, interval: 5ms }
services: { api: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: api }]
`),
  );
});

afterAll(() => cleanup.disposeAsync());

describeEveryWay("a trace", (way) => {
  const told = (path: string) =>
    upstream.requests.find(({ target }) => target === path)?.headers.filter(([name]) => name.startsWith("trace"));
  const ask = async (path: string, more = "") => {
    const message = `GET ${path} HTTP/1.1\r\nHost: shop.test\r\n${more}\r\n`;
    expect((await way.exchange(portOf(way, gateway), message)).status).toBe(200);
  };
  const name = way.name.replaceAll(/[^a-z0-9]/gi, "");

  test("that is recorded goes on from the attempt", async () => {
    const path = `/${name}/recorded`;
    await ask(path, `Traceparent: ${PARENT}-01\r\nTracestate: a=1\r\n`);
    const server = await until(() => collector.spans.find(({ attributes }) => attributes["url.path"] === path));
    expect(server).toMatchObject({ parentSpanId: "00f067aa0ba902b7", traceState: "a=1", name: "GET /*" });
    expect(server.attributes).toMatchObject({
      "network.protocol.version": way.version,
      "url.scheme": way.scheme,
      "server.address": "shop.test",
      "server.port": way.scheme === "https" ? 443 : 80,
    });
    const client = spanOf(
      collector.spans.filter(({ parentSpanId }) => parentSpanId === server.spanId),
      "client",
    );
    expect(told(path)).toEqual([
      ["tracestate", "a=1"],
      ["traceparent", `${PARENT.slice(0, 35)}-${client.spanId}-01`],
    ]);
  });

  test("that is not recorded goes on as it came, or begins", async () => {
    await ask(`/${name}/came`, `Traceparent: ${PARENT}-00\r\n`);
    expect(told(`/${name}/came`)).toEqual([["traceparent", `${PARENT}-00`]]);
    await ask(`/${name}/begins`);
    expect(told(`/${name}/begins`)).toEqual([
      ["traceparent", expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)],
    ]);
  });
});
