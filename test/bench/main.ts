/** `bun run bench`: Sluice beside other gateways, in CPU time a request, throughput and latency. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import process, { argv, exit, platform, stderr, stdout } from "node:process";
import { type Run, runBench, startAll, takesPart } from "./bench.ts";
import { endAll, killAll } from "./children.ts";
import type { Contender } from "./contender.ts";
import { caddy } from "./contenders/caddy.ts";
import { haproxy, haproxyJwt } from "./contenders/haproxy.ts";
import { nginx, nginxStock } from "./contenders/nginx.ts";
import { sluice, sluiceBlind, sluiceJwt, sluiceObserved } from "./contenders/sluice.ts";
import { varnish } from "./contenders/varnish.ts";
import { describeMachine, whyUnfit } from "./machine.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { profile, whyNoProfile } from "./profile.ts";
import { jsonReport, markdownReport, textReport } from "./report.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

const CONTENDERS = [
  sluice,
  sluiceJwt,
  sluiceBlind,
  sluiceObserved,
  nginx,
  nginxStock,
  haproxy,
  haproxyJwt,
  caddy,
  varnish,
];
const EXIT_USAGE = 2;
const EXIT_SIGNALLED = 130;

function optionsOf(args: readonly string[]): Options {
  try {
    const names = CONTENDERS.map((contender) => contender.name);
    return readOptions(args, { contenders: names, scenarios: SCENARIOS.map((scenario) => scenario.name) });
  } catch (error) {
    stderr.write(`${messageOf(error)}\n\n${USAGE}`);
    exit(EXIT_USAGE);
  }
}

async function run(options: Options): Promise<number> {
  const unfit = whyUnfit(describeMachine(), platform);
  if (unfit !== undefined) {
    stderr.write(`${unfit}\n`);
    return 1;
  }
  const contenders = CONTENDERS.filter((contender) => options.contenders.includes(contender.name));
  const scenarios = SCENARIOS.filter((scenario) => options.scenarios.includes(scenario.name));
  const dir = mkdtempSync(`${tmpdir()}/sluice-bench-`);
  process.on("exit", () => {
    killAll();
    rmSync(dir, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => exit(EXIT_SIGNALLED));
  try {
    const bench: Run = { options, dir, progress: (text) => stderr.write(`${text}\n`) };
    if (options.isProfile) return await runProfile(contenders, scenarios, bench);
    const results = await runBench(contenders, scenarios, bench);
    if (options.json !== undefined) await Bun.write(options.json, jsonReport(results));
    stdout.write(`${options.isMarkdown ? markdownReport(results) : textReport(results)}\n`);
    return 0;
  } catch (error) {
    stderr.write(`${messageOf(error)}\n`);
    return 1;
  } finally {
    await endAll();
  }
}

/** Of the scenario that was named, or of `small`. */
async function runProfile(contenders: readonly Contender[], chosen: readonly Scenario[], bench: Run): Promise<number> {
  const scenario = chosen.length === 1 ? chosen[0] : SCENARIOS.find(({ name }) => name === "small");
  const reason = whyNoProfile();
  if (reason !== undefined || scenario === undefined) throw new Error(reason);
  const taking = contenders.filter((contender) => takesPart(contender, scenario));
  const { gateways } = await startAll(taking, bench.dir);
  stdout.write(`${await profile(gateways, scenario, bench)}\n`);
  return 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const options = optionsOf(argv.slice(2));
if (options.isHelp) {
  stdout.write(USAGE);
  exit(0);
}
process.exitCode = await run(options);
