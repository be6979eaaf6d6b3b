import type { Run } from "./bench.ts";
import type { Sample } from "./load.ts";
import type { ScenarioResult } from "./report.ts";
import { assertPasses, type Gateway, measure, measureAtRate } from "./run.ts";
import type { Scenario } from "./scenarios.ts";
import { figureOf } from "./summary.ts";

const REFERENCE = "haproxy";
/** Of its capacity, what a gateway is asked to carry. */
const SHARE = 0.5;
/** Measurements of a gateway's capacity, of which the median counts. */
const CAPACITY_ROUNDS = 3;
/** Connections that a gateway's capacity is measured with. */
const CAPACITY_CONNECTIONS = 64;
const WARM_MS = 200;

/**
 * Measures latency at constant rates: for each gateway half of its own capacity, and for all half of HAProxy's, or of
 * the first gateway's if HAProxy is not there.
 */
export async function measureOpen(
  gateways: readonly Gateway[],
  scenario: Scenario,
  run: Run,
): Promise<readonly ScenarioResult[]> {
  const { options, progress } = run;
  const rates = await halfCapacities(gateways, scenario, run);
  const shared = rates.get(gateways.find(({ name }) => name === REFERENCE) ?? gateways[0]) ?? 0;
  const own = new Map<Gateway, Sample[]>(gateways.map((gateway) => [gateway, []]));
  const same = new Map<Gateway, Sample[]>(gateways.map((gateway) => [gateway, []]));
  const durations = { warmMs: WARM_MS, measureMs: options.seconds * 1_000 };
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const gateway of gateways) {
      progress(`${scenario.name}: round ${round} of ${options.rounds}, ${gateway.name}`);
      own.get(gateway)?.push(await measureAtRate(gateway, scenario, rates.get(gateway) ?? shared, durations));
      const highest = (rates.get(gateway) ?? 0) / SHARE;
      if (shared < highest) same.get(gateway)?.push(await measureAtRate(gateway, scenario, shared, durations));
    }
  }
  const series = (all: ReadonlyMap<Gateway, readonly Sample[]>) =>
    [...all].filter(([, samples]) => samples.length > 0).map(([{ name }, samples]) => ({ contender: name, samples }));
  const at = `${Math.round(shared)} requests/s for all, half of what ${REFERENCE} carried`;
  return [
    { scenario: { ...scenario, name: "open-same", title: `${scenario.title}: ${at}` }, series: series(same) },
    {
      scenario: { ...scenario, name: "open-own", title: `${scenario.title}: half of what each carried` },
      series: series(own),
    },
  ];
}

/** Half of the requests a second that each gateway carries in a closed loop. */
async function halfCapacities(
  gateways: readonly Gateway[],
  scenario: Scenario,
  { options, dir, progress }: Run,
): Promise<ReadonlyMap<Gateway | undefined, number>> {
  const closed: Scenario = { ...scenario, loop: "closed", connections: CAPACITY_CONNECTIONS };
  const carried = new Map<Gateway, number[]>(gateways.map((gateway) => [gateway, []]));
  const durations = { warmMs: (options.warmSeconds * 1_000) / 2, measureMs: (options.seconds * 1_000) / 2 };
  for (const gateway of gateways) await assertPasses(gateway, scenario);
  for (let round = 1; round <= CAPACITY_ROUNDS; round += 1) {
    for (const [gateway, figures] of carried) {
      progress(`${scenario.name}: capacity of ${gateway.name}, ${round} of ${CAPACITY_ROUNDS}`);
      const { requests, elapsedMs } = await measure(gateway, closed, durations, dir);
      figures.push((requests / elapsedMs) * 1_000);
    }
  }
  return new Map([...carried].map(([gateway, figures]) => [gateway, figureOf(figures).median * SHARE]));
}
