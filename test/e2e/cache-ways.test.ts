import { afterAll, beforeAll, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf } from "../support/ways.ts";

const CONTENT = "0123456789".repeat(10_000);

let upstream: Upstream;
let gateway: GatewayProcess;

beforeAll(async () => {
  upstream = startUpstream((_, connection) => {
    const headers = [
      ["cache-control", "max-age=3600"],
      ["etag", '"a"'],
      ["content-type", "text/plain"],
    ] as const;
    void connection.send(response(CONTENT, { headers }));
  });
  gateway = await startGateway(`${listenEveryWay()}
services: { s: { targets: ["${upstream.url}"] } }
routes:
  - { path: /*, service: s, plugins: { cache: {} } }
`);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  upstream.stop();
});

describeEveryWay("answers from the store", (way) => {
  const ask = (path: string, headers = "", method = "GET") =>
    way.exchange(
      portOf(way, gateway),
      `${method} ${path} HTTP/1.1\r\nHost: ${way.name.replace(/\W/g, "-")}.test\r\n${headers}\r\n`,
    );

  test("are whole, 304, parts, and heads alone", async () => {
    const before = upstream.requests.length;
    const first = await ask("/a");
    expect([first.status, first.body.toString(), first.header("cache-status")]).toEqual([
      200,
      CONTENT,
      "sluice; fwd=uri-miss; stored",
    ]);
    const hit = await ask("/a");
    expect([hit.status, hit.body.toString(), hit.header("etag"), hit.header("content-type")]).toEqual([
      200,
      CONTENT,
      '"a"',
      "text/plain",
    ]);
    expect(hit.header("cache-status")).toStartWith("sluice; hit; ttl=");
    expect(hit.header("age")).toMatch(/^\d+$/);
    expect((await ask("/a", 'If-None-Match: "a"\r\n')).status).toBe(304);
    const part = await ask("/a", "Range: bytes=10-19\r\n");
    expect([part.status, part.body.toString(), part.header("content-range")]).toEqual([
      206,
      "0123456789",
      `bytes 10-19/${CONTENT.length}`,
    ]);
    const head = await ask("/a", "", "HEAD");
    expect([head.status, head.body.length, head.header("content-length")]).toEqual([200, 0, String(CONTENT.length)]);
    expect(upstream.requests.length).toBe(before + 1);
  });
});
