import process from "node:process";
import { metricsResponse } from "../../src/admin/metrics.ts";
import { createNullLogger } from "../../src/observe/log.ts";
import type { Family } from "../../src/observe/metrics/family.ts";
import { MetricsRegistry } from "../../src/observe/metrics/registry.ts";
import { RequestRecorder } from "../../src/observe/metrics/requests.ts";
import { sumFamilies } from "../../src/observe/metrics/sum.ts";
import { createContext } from "../../src/testing/request.ts";
import { upstreamFamilies } from "../../src/upstream/metrics.ts";
import { createService } from "../../src/upstream/service.ts";
import { OUTCOME } from "../pipeline-run.ts";
import { serviceConfig } from "../upstream/support.ts";

/**
 * How long a scrape keeps requests from being served, with many routes, each with a service of two targets:
 * `bun test/bench/scrape.ts [ROUTES]`.
 */

const ROUTES = Number(process.argv[2] ?? 300);
const ROUNDS = 30;

const registry = new MetricsRegistry(createNullLogger());
const services = Array.from({ length: ROUTES }, (_, i) =>
  createService(
    `service-${i}`,
    serviceConfig({ targets: [`http://10.0.0.1:${4_000 + i}`, `http://10.0.0.2:${4_000 + i}`] }),
  ),
);
for (let i = 0; i < ROUTES; i++) {
  const recorder = new RequestRecorder(registry, `route-${i}`);
  for (const [method, status] of [
    ["GET", 200],
    ["GET", 404],
    ["POST", 201],
    ["POST", 503],
    ["DELETE", 204],
  ] as const) {
    const ctx = createContext({ method }, undefined, undefined);
    ctx.upstreamStartedAt = ctx.startedAt + 0.1;
    ctx.upstreamEndedAt = ctx.startedAt + 5;
    recorder.record(ctx, { ...OUTCOME, status, durationMs: 5.2, bytesOut: 100 });
  }
}
registry.addCollector(() => upstreamFamilies(services));

/** The longest that nothing else could run, in ms; the median of the rounds. */
async function longestTurn(work: () => unknown): Promise<number> {
  const found: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let last = performance.now();
    let longest = 0;
    let isOver = false;
    const turn = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await new Promise((resolve) => setImmediate(resolve));
    await work();
    await new Promise((resolve) => setImmediate(resolve));
    isOver = true;
    await new Promise((resolve) => setImmediate(resolve));
    found.push(longest);
  }
  return found.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
}

const families = registry.collect();
const series = families.reduce((sum, family) => sum + family.series.length, 0);
const text = await (await metricsResponse(families, null)).text();
const copies = [structuredClone(families), structuredClone(families)] as readonly (readonly Family[])[];
console.log(`${ROUTES} routes: ${series} series, ${text.split("\n").length} lines, ${text.length} bytes; ms at a time`);
console.log("read".padEnd(44), (await longestTurn(() => registry.collect())).toFixed(2));
console.log("written".padEnd(44), (await longestTurn(() => metricsResponse(families, null))).toFixed(2));
console.log(
  "as JSON between processes, each way".padEnd(44),
  (await longestTurn(() => JSON.parse(JSON.stringify(families)))).toFixed(2),
);
console.log("sum of two workers".padEnd(44), (await longestTurn(() => sumFamilies(...copies))).toFixed(2));
const cpu = async (name: string, work: () => unknown) => {
  const b = process.cpuUsage();
  for (let i = 0; i < 30; i++) await work();
  const { user, system } = process.cpuUsage(b);
  console.log(name.padEnd(44), "cpu ms", ((user + system) / 30_000).toFixed(2));
};
await cpu("read", () => registry.collect());
await cpu("upstream", () => upstreamFamilies(services));
await cpu("written", () => metricsResponse(families, null));
await cpu("json", () => JSON.parse(JSON.stringify(families)));
await cpu("sum", () => sumFamilies(...copies));
