import process from "node:process";
import { metricsResponse } from "../../src/admin/metrics.ts";
import { SAMPLED } from "../../src/history/sample.ts";
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

/** The longest that nothing else could run, and all that it takes, in ms of CPU time; the medians of the rounds. */
async function cost(work: () => unknown): Promise<readonly [longest: number, all: number]> {
  const found: (readonly [number, number])[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    Bun.gc(true);
    const begun = cpuMs();
    let last = begun;
    let longest = 0;
    let isOver = false;
    const turn = () => {
      const now = cpuMs();
      longest = Math.max(longest, now - last);
      last = now;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await new Promise((resolve) => setImmediate(resolve));
    await work();
    isOver = true;
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    found.push([longest, cpuMs() - begun]);
  }
  const median = (at: 0 | 1) => found.map((one) => one[at]).toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
  return [median(0), median(1)];
}

/** Of this process: others that are busy do not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const families = registry.collect();
const series = families.reduce((sum, family) => sum + family.series.length, 0);
const text = await metricsResponse(families, null).text();
const copies = [structuredClone(families), structuredClone(families)] as readonly (readonly Family[])[];
console.log(`${ROUTES} routes: ${series} series, ${text.split("\n").length} lines, ${text.length} bytes`);
console.log(`${"ms of CPU time".padEnd(44)}${"longest turn".padStart(14)}${"all of it".padStart(12)}`);
const works: readonly (readonly [string, () => unknown])[] = [
  ["read", () => registry.collectInTurns()],
  ["counts of the history", () => registry.collect(SAMPLED)],
  ["as JSON to the parent", () => JSON.stringify(families)],
  ["sum of two workers (parent)", () => sumFamilies(...copies)],
  ["written", () => metricsResponse(families, null).arrayBuffer()],
];
for (const [name, work] of works) {
  const [longest, all] = await cost(work);
  console.log(`${name.padEnd(44)}${longest.toFixed(1).padStart(14)}${all.toFixed(1).padStart(12)}`);
}
