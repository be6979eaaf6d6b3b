import type { Machine } from "./machine.ts";
import type { Scenario } from "./scenarios.ts";
import { figureOf, type Series, summarise } from "./summary.ts";
import { markdownTable, textTable } from "./table.ts";
import { verdict } from "./verdict.ts";

/** What one scenario measured. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly series: readonly Series[];
}

/** Everything that a run of the bench found out. */
export interface Results {
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  /** Versions of the contenders that ran, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** How to install each contender that was missing, by name. */
  readonly missing: Readonly<Record<string, string>>;
  /** Why scenarios were left out, by name. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly scenarios: readonly ScenarioResult[];
}

/** The report in plain text. */
export function textReport(results: Results): string {
  const tables = results.scenarios.map(
    ({ scenario, series }) =>
      `${scenario.name}: ${scenario.title}\n\n${textTable(summarise(series))}\n${idleText(series)}`,
  );
  return [...tables, ...notes(results), "", ...verdict(results)].join("\n");
}

/** The report in Markdown. */
export function markdownReport(results: Results): string {
  const tables = results.scenarios.map(
    ({ scenario, series }) =>
      `### ${scenario.name}: ${scenario.title}\n\n${markdownTable(summarise(series))}\n${idleText(series)}`,
  );
  const targets = ["", "### Targets", "", ...verdict(results).map((line) => `- ${line}`)];
  return [...tables, ...notes(results).map((note) => `- ${note}`), ...targets].join("\n");
}

/** The report as data: every sample, and the summary made of them. */
export function jsonReport(results: Results): string {
  const scenarios = results.scenarios.map(({ scenario: { name, path, connections, body }, series }) => ({
    name,
    path,
    connections,
    bytes: body.length,
    series,
    summary: summarise(series),
  }));
  return `${JSON.stringify({ ...results, scenarios }, undefined, 2)}\n`;
}

function idleText(series: readonly Series[]): string {
  const figures = series.flatMap(({ contender, idleBytes }) => {
    if (idleBytes === undefined) return [];
    const { median, min, max } = figureOf(idleBytes);
    return [`${contender} ${Math.round(median)} (${Math.round(min)}–${Math.round(max)})`];
  });
  return figures.length === 0 ? "" : `\nMemory of an idle connection, in bytes: ${figures.join(", ")}.\n`;
}

function notes({ machine, rounds, seconds, versions, missing, skipped }: Results): readonly string[] {
  const ran = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const absent = Object.entries(missing).map(([name, install]) => `${name}: not installed, skipped (${install})`);
  const left = Object.entries(skipped).map(([name, reason]) => `${name}: skipped, ${reason}`);
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GB, Linux ${machine.kernel}`,
    ran.join(", "),
    `median (min–max) of ${rounds} interleaved ${rounds === 1 ? "round" : "rounds"} of ${seconds} s; one core for the gateway, one for the load generator and the upstream (test/bench/load.ts, test/bench/upstream.ts)`,
    ...absent,
    ...left,
  ];
}
