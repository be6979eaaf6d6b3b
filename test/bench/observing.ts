import { openSync } from "node:fs";
import process from "node:process";
import accessLog from "../../plugins/access-log.ts";
import type { Context } from "../../src/context.ts";
import { createLogger } from "../../src/observe/log.ts";
import { MetricsRegistry } from "../../src/observe/metrics/registry.ts";
import { RequestRecorder } from "../../src/observe/metrics/requests.ts";
import { createOutput } from "../../src/observe/output.ts";
import { decodeOptions } from "../../src/testing/options.ts";
import { testPlugin } from "../../src/testing.ts";
import { OUTCOME } from "../pipeline-run.ts";

/** CPU time that metrics and the access log add to a request: `bun test/bench/observing.ts [FILE]`. */

const ROUNDS = 9;
const REQUESTS = 100_000;

const output = createOutput({ fd: openSync(process.argv[2] ?? "/dev/null", "w") });
const log = createLogger({
  level: "info",
  format: "json",
  redact: ["authorization", "cookie"],
  write: output.write,
  taker: output.taker,
  now: Date.now,
});
const t = await testPlugin(accessLog);
const scope = { log: log.with({ plugin: "access-log" }), route: { name: "/*", path: "/*" } };
const phases = await accessLog.setup(decodeOptions(accessLog, {}, "/") as never, scope as never);
const recorder = new RequestRecorder(new MetricsRegistry(log), "/*");
const outcome = { ...OUTCOME, durationMs: 1.234_567, upstreamMs: 1.034_567, bytesOut: 55 };

function context(i: number) {
  const ctx = t.context({ path: `/small/${i & 1023}`, peer: { address: "127.0.0.1" } });
  ctx.route = scope.route;
  ctx.service = "bench";
  ctx.target = "http://127.0.0.1:4003";
  ctx.upstreamStartedAt = ctx.startedAt + 0.1;
  ctx.upstreamEndedAt = ctx.startedAt + 1.1;
  return ctx;
}

/** CPU µs a request, user and system; the median of the rounds. */
async function measure(each: (ctx: Context) => void): Promise<number> {
  const found: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    Bun.gc(true);
    const before = process.cpuUsage();
    for (let i = 0; i < REQUESTS; i++) {
      each(context(i));
      // As in a gateway, the output's timer runs now and then.
      if (i % 64 === 63) await new Promise((resolve) => setImmediate(resolve));
    }
    const { user, system } = process.cpuUsage(before);
    found.push((user + system) / REQUESTS);
  }
  return found.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
}

const nothing = await measure(() => {});
const metrics = await measure((ctx) => recorder.record(ctx, outcome));
const ids = await measure((ctx) => void ctx.requestId);
const lines = await measure((ctx) => phases.log?.(ctx, outcome));
console.log("µs a request beyond one that is not observed");
console.log("metrics".padEnd(30), (metrics - nothing).toFixed(2));
console.log("a request id".padEnd(30), (ids - nothing).toFixed(2));
console.log("access log, with the id".padEnd(30), (lines - nothing).toFixed(2));
