import { afterAll, beforeAll, expect } from "bun:test";
import { type InProcessGateway, startInProcess } from "../in-process.ts";
import { exchange } from "../raw.ts";
import { replies } from "../scripts.ts";
import { until } from "../until.ts";
import { startUpstream, type Upstream } from "../upstream.ts";
import { type Collector, startCollector } from "./collector.ts";
import type { ReceivedSpan } from "./spans.ts";

/** A span of somebody else, in requests that the tests send. */
export const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
export const SPAN = "00f067aa0ba902b7";

const W3C = ["traceparent", "tracestate"];
const B3 = ["b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"];

let cleanup: AsyncDisposableStack;
let collector: Collector;
let upstream: Upstream;

/** Starts a collector and a service before the tests of a file, and ends all after them. */
export function startPropagation(): void {
  beforeAll(() => {
    cleanup = new AsyncDisposableStack();
    collector = cleanup.use(startCollector());
    upstream = cleanup.use(startUpstream(replies()));
  });
  afterAll(() => cleanup.disposeAsync());
}

export type Lines = readonly (readonly [name: string, value: string])[];

/** A gateway with these settings of telemetry, at which requests are asked. */
export function gatewayWith(settings: string, listen = "") {
  let gateway: InProcessGateway;
  let serial = 0;
  beforeAll(async () => {
    gateway = cleanup.use(
      await startInProcess(`
listen: { host: 127.0.0.1, port: 0${listen} }
telemetry: { otlp: "${collector.url}", interval: 5ms, ${settings} }
services: { api: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: api }]
`),
    );
  });
  return {
    /** The lines about traces that the service gets of a request with these. */
    async told(lines: Lines = []): Promise<{ path: string; lines: Lines; all: Lines }> {
      const path = `/${Bun.randomUUIDv7()}/${++serial}`;
      const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      const reply = await exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n${text}\r\n`);
      expect(reply.status).toBe(200);
      const all = upstream.requests.find(({ target }) => target === path)?.headers ?? [];
      const own = [...W3C, ...B3];
      return { path, all, lines: all.filter(([name]) => own.includes(name.toLowerCase())) };
    },
    /** The spans of the request to a path. */
    async spans(path: string): Promise<readonly ReceivedSpan[]> {
      const server = await until(() => collector.spans.find(({ attributes }) => attributes["url.path"] === path));
      return collector.spans.filter((span) => span === server || span.parentSpanId === server.spanId);
    },
  };
}

export type Told = Awaited<ReturnType<ReturnType<typeof gatewayWith>["told"]>>;

/** So many requests, some at a time. */
export async function many(count: number, told: () => Promise<Told>): Promise<readonly Told[]> {
  const all: Told[] = [];
  while (all.length < count) all.push(...(await Promise.all(Array.from({ length: 20 }, told))));
  return all;
}

/** No spans of that path came. */
export function expectUnrecorded(path: string): void {
  expect(collector.spans.filter(({ attributes }) => attributes["url.path"] === path)).toEqual([]);
}
