import process from "node:process";
import type { TelemetryConfig } from "../../src/config/schema-telemetry.ts";
import { Context } from "../../src/context.ts";
import { HeadBuffer } from "../../src/http1/head-buffer.ts";
import { readRequestHead } from "../../src/http1/request-head.ts";
import { Body } from "../../src/message/body.ts";
import { awaitable, type PendingReply } from "../../src/message/pending.ts";
import { createNullLogger } from "../../src/observe/log.ts";
import { MetricsRegistry } from "../../src/observe/metrics/registry.ts";
import { composePipeline, type Pipeline } from "../../src/pipeline.ts";
import { Reply } from "../../src/plugin.ts";
import { startTracing } from "../../src/trace/start.ts";
import type { Tracing } from "../../src/trace/tracing.ts";
import { writeRequestHead } from "../../src/upstream/write-head.ts";
import { requestBytes } from "./request.ts";

/**
 * Measures what traces cost a request, from the headers that it comes with to those that its service gets, and to the spans
 * that a collector has taken: `bun test/bench/traces.ts [INDEX OF A VARIANT]`.
 */

const ROUNDS = 15;
/** A process that serves for a minute has recorded as many. */
const WARM_ROUNDS = 3;
const REQUESTS = 20_000;
const LIMITS = { headerBytes: 16_384, headerCount: 100, targetBytes: 8_192 };
const IDS = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
const VARIANTS: readonly (readonly [name: string, sampling: number, parent?: string])[] = [
  ["no trace came, not recorded", 0],
  ["an unrecorded one came", 0, `00-${IDS}-00`],
  ["no trace came, 1 % recorded", 0.01],
  ["recorded", 1],
];

const peer = { address: "10.0.0.1", port: 1, clientAddress: "10.0.0.1", isTrustedProxy: false };
const outcome = {
  status: 200,
  bytesIn: 0,
  bytesOut: 55,
  durationMs: 1,
  upstreamMs: 1,
  attempts: 1,
  errorCode: undefined,
  errorSource: undefined,
};
const head = new HeadBuffer();
const reply = new Reply(200);
const pending: PendingReply = { deliverTo: (receiver) => queueMicrotask(() => receiver.onReply(reply)) };

function send(ctx: Context): PendingReply {
  writeRequestHead(head, ctx, "10.0.0.2:8080", undefined, ctx.trace);
  return pending;
}

function pipelineOf(tracing?: Tracing): Pipeline {
  const destination = { select: () => undefined, send: tracing?.send(send) ?? send };
  return composePipeline([], tracing?.around(destination) ?? destination, "problem");
}

/** As the edge reads it from a socket. */
function contextWith(traceparent: string | undefined): Context {
  const typical = requestBytes("typical", "/users/42", 0).toString("latin1");
  const more = traceparent === undefined ? "" : `Traceparent: ${traceparent}\r\n`;
  const bytes = Buffer.from(typical.replace(/\r\n$/, `${more}\r\n`), "latin1");
  const { method, path, query, host, headers } = readRequestHead(bytes, 0, bytes.length, LIMITS);
  const request = {
    method,
    path,
    query,
    host,
    headers,
    scheme: "http",
    version: "1.1",
    body: Body.empty,
    peer,
  } as const;
  return new Context(request, performance.now());
}

/** Microseconds of CPU time a request, to the last span that is taken; the least of the rounds, as noise only ever adds. */
async function measure(start: (() => Tracing) | undefined, traceparent?: string, rounds = ROUNDS): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const tracing = start?.();
    const { handle, finish } = pipelineOf(tracing);
    const contexts = Array.from({ length: REQUESTS }, () => contextWith(traceparent));
    const before = process.cpuUsage();
    for (const ctx of contexts) {
      await awaitable(handle(ctx));
      finish(ctx, outcome);
    }
    await tracing?.release();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / REQUESTS);
  }
  return least;
}

// In a process of its own: what it costs is not the gateway's.
const program = 'console.log(Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() }).port)';
const collector = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe" });
const { value } = await collector.stdout.values().next();
const port = Buffer.from(value ?? [])
  .toString()
  .trim();
const base: Omit<TelemetryConfig, "sampling"> = {
  otlp: `http://127.0.0.1:${port}`,
  "service-name": "bench",
  parent: "respect",
  propagation: ["tracecontext"],
  headers: {},
  resource: {},
  interval: 1_000,
  queue: 100_000,
  timeout: 10_000,
};
const log = createNullLogger();
const starting = (sampling: number) => () =>
  startTracing({ ...base, sampling }, { log, metrics: new MetricsRegistry(log) });
// One alone says more: what has run before makes the next slower.
const chosen = Number(Bun.argv[2] ?? Number.NaN);
for (const [name, sampling, parent] of VARIANTS[chosen] === undefined ? VARIANTS : [VARIANTS[chosen]]) {
  const alone = await measure(undefined, parent);
  await measure(starting(1), undefined, WARM_ROUNDS);
  const traced = await measure(starting(sampling), parent);
  console.log(`${name.padEnd(30)} ${(traced - alone).toFixed(2)} µs beyond ${alone.toFixed(2)}`);
}
collector.kill();
