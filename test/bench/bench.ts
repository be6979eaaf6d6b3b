import { makeCertificate } from "./certificate.ts";
import type { Certificate, Contender } from "./contender.ts";
import { measureIdle } from "./idle.ts";
import type { Sample } from "./load.ts";
import { describeMachine, whySkipped } from "./machine.ts";
import { measureOpen } from "./open-rounds.ts";
import type { Options } from "./options.ts";
import type { Results, ScenarioResult } from "./report.ts";
import { assertPasses, type Gateway, measure, startContender, startUpstream } from "./run.ts";
import type { Scenario } from "./scenarios.ts";
import { prepareSecured } from "./secured.ts";

/** Under load before every measurement but a scenario's first: its connections have opened by then. */
const SETTLE_MS = 200;

/** Whose tokens requests bear: as many as there are connections. */
const SUBJECTS = 64;

/** Told what the bench is doing, for people who wait. */
export type Progress = (text: string) => void;

/** What the measurements of a run have in common. */
export interface Run {
  readonly options: Pick<Options, "rounds" | "seconds" | "warmSeconds">;
  /** Folder for configurations and what programs write to standard error. */
  readonly dir: string;
  readonly progress: Progress;
}

/**
 * Measures contenders beside each other: all are started, and take turns within each round of each scenario.
 *
 * The caller ends the programs that it leaves running, see `endAll`.
 *
 * @param contenders to measure; those that are not installed are left out, and named in the results
 * @throws Error if none is installed, or one fails to start or to answer rightly
 */
export async function runBench(
  contenders: readonly Contender[],
  scenarios: readonly Scenario[],
  run: Run,
): Promise<Results> {
  const { gateways, certificate, versions, missing } = await startAll(contenders, run.dir);
  const skipped: Record<string, string> = {};
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    const reason = whySkipped(scenario, certificate !== undefined);
    const taking = gateways.filter(({ contender }) => takesPart(contender, scenario));
    if (reason !== undefined) skipped[scenario.name] = reason;
    else if (scenario.loop === "open") results.push(...(await measureOpen(taking, scenario, run)));
    else if (scenario.idle > 0) results.push(await measureIdle(taking, scenario, run));
    else results.push(await measureClosed(taking, scenario, run));
  }
  const { rounds, seconds } = run.options;
  return { machine: describeMachine(), rounds, seconds, versions, missing, skipped, scenarios: results };
}

/** Whether a contender is measured in a scenario. */
export function takesPart({ name, scenarios }: Contender, scenario: Scenario): boolean {
  return (scenarios?.includes(scenario.name) ?? true) && (scenario.contenders?.includes(name) ?? true);
}

/** What has been started to be measured, and what was not there to be. */
export interface Started {
  readonly gateways: readonly Gateway[];
  readonly certificate: Certificate | undefined;
  /** By name of contender. */
  readonly versions: Readonly<Record<string, string>>;
  /** How to install, by name of contender. */
  readonly missing: Readonly<Record<string, string>>;
}

/**
 * Starts the upstream, and every contender that is installed.
 *
 * @param dir an empty folder
 * @throws Error if none is installed, or one fails to start
 */
export async function startAll(contenders: readonly Contender[], dir: string): Promise<Started> {
  const versions: Record<string, string> = {};
  const missing: Record<string, string> = {};
  const gateways: Gateway[] = [];
  const certificate = await makeCertificate(dir);
  const upstream = await startUpstream(dir);
  const secured = contenders.some(({ isSecured }) => isSecured) ? await prepareSecured(dir, SUBJECTS) : undefined;
  for (const contender of contenders) {
    const version = contender.version();
    if (version === undefined) {
      missing[contender.name] = contender.install;
      continue;
    }
    versions[contender.name] = version;
    gateways.push(await startContender(contender, upstream.port, dir, certificate, secured));
  }
  if (gateways.length === 0) throw new Error(`nothing to measure: ${Object.keys(missing).join(", ")} not installed`);
  return { gateways, certificate, versions, missing };
}

async function measureClosed(gateways: readonly Gateway[], scenario: Scenario, run: Run): Promise<ScenarioResult> {
  const { options, dir, progress } = run;
  const warm = { warmMs: 0, measureMs: Math.max(options.warmSeconds, scenario.warmSeconds) * 1_000 };
  for (const gateway of gateways) {
    progress(`${scenario.name}: warming ${gateway.name}`);
    await assertPasses(gateway, scenario);
    await measure(gateway, scenario, warm, dir);
  }
  const durations = { warmMs: SETTLE_MS, measureMs: options.seconds * 1_000 };
  const samples = new Map<Gateway, Sample[]>(gateways.map((gateway) => [gateway, []]));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [gateway, taken] of samples) {
      progress(`${scenario.name}: round ${round} of ${options.rounds}, ${gateway.name}`);
      taken.push(await measure(gateway, scenario, durations, dir));
    }
  }
  return { scenario, series: [...samples].map(([{ name }, taken]) => ({ contender: name, samples: taken })) };
}
