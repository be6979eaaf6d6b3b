import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { metricsOf, untilMetric } from "../support/metrics.ts";
import { connect, exchange } from "../support/raw.ts";
import { response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";
import { closeCode, nextMessage, openWebSocket, startEcho } from "../support/websocket.ts";

/** Answers as the path says. */
const script: Script = (request, connection) => {
  const [, , what = ""] = request.target.split("/");
  if (what === "hang") return undefined;
  if (what === "reset") return connection.reset();
  return connection.send(response("x".repeat(100), { status: Number(what) }));
};

let upstream: Upstream;
let echo: ReturnType<typeof startEcho>;
let gateway: GatewayProcess;

beforeAll(async () => {
  upstream = startUpstream(script);
  echo = startEcho();
  gateway = await startGateway(`
listen: { host: 127.0.0.1, port: 0, limits: { connections: 50 } }
services:
  all: { targets: ["${upstream.url}"] }
  hasty: { targets: ["${upstream.url}"], timeouts: { response: 1s } }
  slow: { targets: ["${upstream.url}"] }
  gone: { targets: ["http://127.0.0.1:1"] }
  echo: { targets: ["${echo.url}"] }
routes:
  - { name: counted, path: /counted/*, service: all }
  - { name: failing, path: /failing/*, service: hasty }
  - { name: timed, path: /timed/*, service: all }
  - { name: slow, path: /slow/*, service: slow }
  - { name: gone, path: /gone, service: gone }
  - { name: refused, path: /refused, plugins: { respond: { status: 200 }, body-limit: { size: 3b } } }
  - { name: ws, path: /ws, service: echo, upgrade: [websocket] }
`);
});

afterAll(async () => {
  await gateway.kill();
  upstream.stop();
  await echo[Symbol.asyncDispose]();
});

const get = (path: string) => exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
const labelsOf = (url: string, service: string) => ({ service, target: url });

describe("the metrics of a gateway at work", () => {
  test("have every request of a route under its method and status, with bytes and durations", async () => {
    for (let i = 0; i < 3; i++) await get("/counted/200");
    await get("/counted/500");
    const body = "Content-Length: 5\r\nConnection: close\r\n\r\n12345";
    await exchange(gateway.port, `POST /counted/201 HTTP/1.1\r\nHost: a\r\n${body}`);
    await exchange(gateway.port, "PURGE /counted/404 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const route = { route: "counted" };
    const metrics = await untilMetric(gateway, "sluice_request_duration_seconds_count", route, 6);
    const requests = (method: string, status: string) =>
      metrics.value("sluice_requests_total", { ...route, method, status });
    expect(requests("GET", "2xx")).toBe(3);
    expect(requests("GET", "5xx")).toBe(1);
    expect(requests("POST", "2xx")).toBe(1);
    expect(requests("OTHER", "4xx")).toBe(1);
    expect(metrics.value("sluice_request_bytes_total", route)).toBe(5);
    expect(metrics.value("sluice_reply_bytes_total", route)).toBe(600);
    expect(metrics.value("sluice_request_duration_seconds_sum", route)).toBeWithin(0.000_001, 5);
    // What a service answers is no error of the gateway's.
    const errors = metrics.families.get("sluice_errors_total")?.samples ?? [];
    expect(errors.filter(({ labels }) => labels.route === "counted")).toEqual([]);
  });

  test("have the gateway's own time apart from the service's, however a request ends", async () => {
    await get("/timed/200");
    // It hangs for the second that its service is given.
    await get("/failing/hang");
    const own = (route: string, part: string) =>
      [`sluice_request_gateway_duration_seconds_${part}`, { route }] as const;
    const upstreamOf = (route: string, part: string) =>
      [`sluice_request_upstream_duration_seconds_${part}`, { route }] as const;
    const metrics = await untilMetric(gateway, ...own("failing", "count"), 1);
    expect(metrics.value(...upstreamOf("failing", "sum"))).toBeWithin(0.99, 5);
    expect(metrics.value(...own("failing", "sum"))).toBeWithin(0.000_001, 0.9);
    expect(metrics.value(...own("timed", "count"))).toBe(1);
    expect(metrics.value(...upstreamOf("timed", "count"))).toBe(1);
    const total = metrics.value("sluice_request_duration_seconds_sum", { route: "timed" }) ?? 0;
    const parts = (metrics.value(...own("timed", "sum")) ?? 0) + (metrics.value(...upstreamOf("timed", "sum")) ?? 0);
    expect(parts).toBeWithin(total * 0.98, total * 1.02);
  });

  test("have errors by route, code and the side to blame", async () => {
    expect((await get("/failing/hang")).status).toBe(504);
    expect((await get("/failing/reset")).status).toBe(502);
    expect((await get("/gone")).status).toBe(502);
    const post = "POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\n1234";
    expect((await exchange(gateway.port, post)).status).toBe(413);
    expect((await get("/nowhere")).status).toBe(404);
    const last = { route: "", code: "route_not_found", source: "downstream" };
    const metrics = await untilMetric(gateway, "sluice_errors_total", last, 1);
    const errors = (route: string, code: string, source: string) =>
      metrics.value("sluice_errors_total", { route, code, source });
    expect(errors("failing", "upstream_timeout", "upstream")).toBe(2);
    expect(errors("failing", "upstream_reset", "upstream")).toBe(1);
    expect(errors("gone", "upstream_connect", "upstream")).toBe(1);
    expect(errors("refused", "payload_too_large", "downstream")).toBe(1);
    const gone = labelsOf("http://127.0.0.1:1", "gone");
    expect(metrics.value("sluice_upstream_errors_total", { ...gone, code: "upstream_connect" })).toBe(1);
    expect(metrics.value("sluice_upstream_up", gone)).toBe(0);
    expect(metrics.value("sluice_upstream_attempts_total", gone)).toBe(1);
  });

  test("have a request while it is on its way, and a client that left", async () => {
    const target = labelsOf(upstream.url, "slow");
    const client = await connect(gateway.port);
    void client.send("GET /slow/hang HTTP/1.1\r\nHost: a\r\n\r\n");
    const during = await untilMetric(gateway, "sluice_upstream_connections_in_use", target, 1);
    expect(during.value("sluice_requests_in_flight")).toBe(1);
    expect(during.value("sluice_upstream_attempts_total", target)).toBe(1);
    client.close();
    const error = { route: "slow", code: "client_closed", source: "downstream" };
    const after = await untilMetric(gateway, "sluice_errors_total", error, 1);
    expect(after.value("sluice_requests_in_flight")).toBe(0);
    expect(after.value("sluice_upstream_errors_total", { ...target, code: "client_closed" })).toBeUndefined();
  });

  test("have what is refused before any route, and what the gateway answers itself", async () => {
    await exchange(gateway.port, "GET / HTTP/1.1\r\n\r\n");
    await exchange(gateway.port, "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const own = { route: "", method: "OPTIONS", status: "2xx" };
    const metrics = await untilMetric(gateway, "sluice_requests_total", own, 1);
    expect(metrics.value("sluice_requests_refused_total", { code: "bad_request" })).toBe(1);
    expect(metrics.value("sluice_requests_in_flight")).toBe(0);
  });

  test("have a tunnel while it is open, and its bytes when it has ended", async () => {
    const listener = { listener: `127.0.0.1:${gateway.port}` };
    const target = labelsOf(echo.url, "echo");
    const socket = await openWebSocket(gateway.port);
    const answer = nextMessage(socket);
    socket.send("hello");
    await answer;
    const during = await metricsOf(gateway);
    expect(during.value("sluice_listener_tunnels", listener)).toBe(1);
    expect(during.value("sluice_upstream_tunnels", target)).toBe(1);
    expect(during.value("sluice_requests_in_flight")).toBe(1);
    const tunnels = { route: "ws", method: "GET", status: "1xx" };
    expect(during.value("sluice_requests_total", tunnels)).toBeUndefined();
    const closed = closeCode(socket);
    socket.close();
    await closed;
    const after = await untilMetric(gateway, "sluice_requests_total", tunnels, 1);
    expect(after.value("sluice_listener_tunnels", listener)).toBe(0);
    expect(after.value("sluice_upstream_tunnels", target)).toBe(0);
    expect(after.value("sluice_requests_in_flight")).toBe(0);
    expect(after.value("sluice_reply_bytes_total", { route: "ws" })).toBeGreaterThan(5);
    expect(after.value("sluice_request_duration_seconds_count", { route: "ws" })).toBe(0);
  });

  test("have a listener's connections, and those that were too many", async () => {
    const listener = { listener: `127.0.0.1:${gateway.port}` };
    const before = await untilMetric(gateway, "sluice_listener_connections", listener, 0);
    const accepted = before.value("sluice_listener_connections_accepted_total", listener) ?? 0;
    const clients = await Promise.all(Array.from({ length: 50 }, () => connect(gateway.port)));
    await untilMetric(gateway, "sluice_listener_connections", listener, 50);
    // It is reset, perhaps before the client knows that it was open.
    const tooMany = await connect(gateway.port).catch(() => undefined);
    const after = await untilMetric(gateway, "sluice_listener_connections_refused_total", listener, 1);
    tooMany?.[Symbol.dispose]();
    expect(after.value("sluice_listener_connections_accepted_total", listener)).toBe(accepted + 50);
    for (const client of clients) client.close();
  });

  test("have the process as the system sees it", async () => {
    const main = { worker: "main" };
    const metrics = await untilMetric(gateway, "sluice_process_connections", main, 0);
    expect((metrics.value("sluice_process_resident_memory_bytes", main) ?? 0) / gateway.rss()).toBeWithin(0.5, 2);
    expect(Math.abs((metrics.value("sluice_process_open_fds", main) ?? 0) - gateway.fds())).toBeLessThan(20);
    expect(metrics.value("sluice_process_cpu_seconds_total", main)).toBeGreaterThan(0.01);
    expect(metrics.value("sluice_process_uptime_seconds", main)).toBeWithin(0.1, 600);
    expect(metrics.value("sluice_process_heap_used_bytes", main)).toBeWithin(1_000_000, gateway.rss());
    expect(metrics.value("sluice_process_loop_lag_seconds_count", main)).toBeGreaterThan(0);
    expect(metrics.value("sluice_process_requests_in_flight", main)).toBe(0);
    expect(metrics.value("sluice_process_requests_total", main)).toBeGreaterThan(5);
  });

  test("have a plugin's own, under its name, wherever it was found", async () => {
    using folder = tempFolder();
    folder.write(
      "mine/counter.ts",
      `import { definePlugin, Type } from "sluice/plugin";
      export default definePlugin({
        name: "my-plugin",
        description: "Counts.",
        options: Type.Object({}),
        setup(_, { metrics, route }) {
          const counter = metrics.counter({ name: "seen_total", help: "Requests.", labels: ["route"] });
          const here = counter.with(route?.name ?? "");
          return { log: () => here.inc() };
        },
      });`,
    );
    await using own = await startGateway(
      `
plugins: { respond: { status: 200 }, ./mine/counter.ts: {} }
routes: [{ name: a, path: /a }, { name: b, path: /b }]
`,
      { folder: folder.path },
    );
    for (const path of ["/a", "/b", "/b", "/c"]) {
      await exchange(own.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    }
    const name = "sluice_plugin_my_plugin_seen_total";
    const metrics = await untilMetric(own, name, { route: "" }, 1);
    expect(metrics.value(name, { route: "a" })).toBe(1);
    expect(metrics.value(name, { route: "b" })).toBe(2);
  });

  test("come as OpenMetrics, too", async () => {
    const accept = "application/openmetrics-text;version=1.0.0";
    const answer = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`, { headers: { accept } });
    expect(answer.headers.get("content-type")).toStartWith("application/openmetrics-text");
    expect(await answer.text()).toEndWith("\n# EOF\n");
  });

  test("are taken by Prometheus' own tool, where it is", async () => {
    const promtool = Bun.which("promtool");
    if (promtool === null) return;
    const text = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
    const checked = Bun.spawnSync([promtool, "check", "metrics"], { stdin: Buffer.from(text) });
    const said = checked.stdout.toString() + checked.stderr.toString();
    expect({ code: checked.exitCode, said }).toEqual({ code: 0, said: "" });
  });
});
