import type { Candidate, ExplainReport, OptionReport, PluginReport } from "./report.ts";

/** Routes that are shown; of those whose path is another one only the nearest. */
const MOST_ROUTES = 8;
const MOST_NEAREST = 3;
/** Characters of a value; the rest is in the JSON. */
const MOST_VALUE = 60;

/** A report for people, one thing a line; `hasDefaults`: options that are not written, too. */
export function explainText(report: ExplainReport, hasDefaults = false): string {
  const lines = [
    ...headline(report),
    "",
    ...routeLines(report),
    ...serviceLines(report),
    ...pluginLines(report, hasDefaults),
    ...timeLines(report),
  ];
  return `${lines.join("\n")}\n`;
}

function headline({ request, outcome, status, reason, preflightFor, route }: ExplainReport): readonly string[] {
  const { method, scheme, host, path, query, client } = request;
  const end = query === undefined ? "" : `?${query}`;
  const answer = status === undefined ? outcome : `${outcome} ${status}`;
  return [
    `${method} ${scheme}://${host}${path}${end} from ${client}`,
    ...(preflightFor === undefined ? [] : [`  a CORS preflight for ${preflightFor}`]),
    `  ${answer}${route === undefined ? "" : `, route ${route.name} (${route.place})`}: ${reason}`,
  ];
}

function routeLines({ candidates, route }: ExplainReport): readonly string[] {
  const near = candidates.filter(({ isTaken, losses }) => isTaken || losses.every(({ by }) => by !== "path"));
  const count = near.length > 0 ? Math.min(near.length, MOST_ROUTES) : MOST_NEAREST;
  const shown = candidates.slice(0, count);
  const hidden = candidates.length - shown.length;
  const title = near.length === 0 && route === undefined ? "Nearest routes" : "Routes";
  const rest = near.length > shown.length ? `and ${hidden} more` : `${hidden} more have another path`;
  return [
    title,
    ...aligned(shown.map((candidate) => [candidate.name, verdictOf(candidate), candidate.place])),
    ...(hidden > 0 ? [`  ${rest}`] : []),
    "",
  ];
}

function verdictOf({ isTaken, losses }: Candidate): string {
  return isTaken ? "takes it" : losses.map(({ reason }) => reason).join("; ");
}

function serviceLines({ split, upstream, retry }: ExplainReport): readonly string[] {
  if (upstream === undefined) return [];
  const { service, place, urls, balance, host } = upstream;
  const [first = "targets are discovered when the gateway runs", ...others] = urls;
  return [
    "Service",
    ...(split === undefined || split.services.length < 2 ? [] : [`  ${splitText(split)}`]),
    `  ${service} (${place}) ${first}`,
    ...(others.length === 0 ? [] : [`  and ${others.length} more targets, ${balance}`]),
    ...(host === undefined ? [] : [`  with the client's Host: ${host}`]),
    ...(retry === undefined ? [] : [`  ${retry.reason}`]),
    "",
  ];
}

function splitText({ by, services }: NonNullable<ExplainReport["split"]>): string {
  const shares = services.map(({ service, share }) => `${service} ${Math.round(share * 1_000) / 10} %`).join(", ");
  const chosen = services.find(({ isChosen }) => isChosen)?.service;
  const how = by === "lot" ? `by lot; what follows is for ${chosen}` : `${chosen} by ${by}`;
  return `${shares}: ${how}`;
}

function pluginLines({ plugins, chain }: ExplainReport, hasDefaults: boolean): readonly string[] {
  if (plugins.length === 0) return [];
  const told = new Set<string>();
  const rows = chain.flatMap(({ phase, plugins: names }) =>
    names.flatMap((name, index) => {
      const plugin = plugins.find((one) => one.name === name);
      const label = index === 0 ? phase : "";
      if (plugin === undefined || told.has(name)) return [[label, name, "", ""]];
      told.add(name);
      const first = [label, name, explanationOf(plugin), `${plugin.origin} ${plugin.place}`];
      return [first, ...factRows(plugin), ...optionRows(plugin.options, hasDefaults)];
    }),
  );
  return ["Plugins, in the order in which they run", ...aligned(rows), ""];
}

function explanationOf({ explanation, isReached }: PluginReport): string {
  const missed = isReached ? "" : "(not reached) ";
  if (explanation === undefined) return missed.trim();
  const { verdict, status, reason } = explanation;
  return `${missed}${status === undefined ? verdict : `${verdict} ${status}`}: ${reason}`;
}

/** What a plugin found of the request. */
function factRows({ explanation }: PluginReport): readonly string[][] {
  const facts = Object.entries(explanation?.facts ?? {}).filter(
    ([, value]) => !Array.isArray(value) || value.length > 0,
  );
  return facts.map(([name, value]) => ["", "", `= ${name} ${valueText(value)}`, ""]);
}

function optionRows(options: readonly OptionReport[], hasDefaults: boolean): readonly string[][] {
  const shown = hasDefaults ? options : options.filter(({ place }) => place !== undefined);
  const hidden = options.length - shown.length;
  const rows = shown.map(({ name, value, place = "default" }) => ["", "", `${name}: ${valueText(value)}`, place]);
  return hidden === 0 ? rows : [...rows, ["", "", `${hidden} defaults (--all has them)`, ""]];
}

function valueText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MOST_VALUE ? `${text.slice(0, MOST_VALUE)}…` : text;
}

function timeLines({ timeouts }: ExplainReport): readonly string[] {
  const all = Object.entries(timeouts).map(
    ([name, ms]) => `${name} ${ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`}`,
  );
  return ["Timeouts", `  ${all.join(", ")}`];
}

/** Rows with their columns under each other; a long cell moves only its own row. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, Math.min(cell.length, MOST_VALUE));
  }
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd());
}
