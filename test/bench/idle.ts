import type { Run } from "./bench.ts";
import { end } from "./children.ts";
import type { Sample } from "./load.ts";
import type { ScenarioResult } from "./report.ts";
import { type Gateway, measure, startContender } from "./run.ts";
import type { Scenario } from "./scenarios.ts";

/** Connections that are open when memory is taken for the first time. */
const FIRST = 1_000;
/** Between the last request and the taking of memory: collectors of garbage have run by then. */
const REST_MS = 2_000;
/** A round takes half a minute, most of it waiting. */
const ROUNDS = 2;

/**
 * Measures CPU time beside many idle connections, and the memory of an idle connection: what a fresh process takes with
 * all connections beyond what it takes with the first thousand, for each of those that came between.
 */
export async function measureIdle(gateways: readonly Gateway[], scenario: Scenario, run: Run): Promise<ScenarioResult> {
  const { options, dir, progress } = run;
  const rounds = Math.min(options.rounds, ROUNDS);
  const durations = { warmMs: options.warmSeconds * 1_000, measureMs: options.seconds * 1_000, restMs: REST_MS };
  const taken = gateways.map(({ name }) => ({ contender: name, samples: [] as Sample[], idleBytes: [] as number[] }));
  const first = { ...scenario, idle: FIRST - scenario.connections };
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, gateway] of gateways.entries()) {
      progress(`${scenario.name}: round ${round} of ${rounds}, ${gateway.name}`);
      const { upstreamPort, certificate } = gateway.setup;
      const fresh = await startContender(gateway.contender, upstreamPort, dir, certificate);
      const before = await measure(fresh, first, durations, dir);
      const after = await measure(fresh, scenario, durations, dir);
      await end(fresh.child);
      taken[index]?.samples.push(after);
      taken[index]?.idleBytes.push(idleBytes(before, after, scenario.idle - first.idle));
    }
  }
  return { scenario, series: taken };
}

/** Memory of one of the connections that came between two samples, in bytes. */
export function idleBytes(before: Sample, after: Sample, connections: number): number {
  return ((after.memoryBytes ?? Number.NaN) - (before.memoryBytes ?? Number.NaN)) / connections;
}
