import { Kind, OptionalKind, type TSchema } from "@sinclair/typebox";
import { EXAMPLES } from "./examples.ts";
import type { PluginDescription } from "./plugin-lookup.ts";
import { REFERENCE_INTRODUCTION, REFERENCE_PLUGINS } from "./reference-text.ts";
import { ConfigSchema } from "./schema.ts";
import { unitOf } from "./units.ts";
import { branchesOf, expected } from "./words.ts";

/** One key of the reference. */
interface Row {
  readonly key: string;
  readonly type: string;
  readonly preset: string;
  readonly description: string;
}

/** `docs/configuration.md`: every key of gateway.yaml with its type, default and meaning. */
export function referenceText(plugins: readonly PluginDescription[]): string {
  const sections = Object.entries(ConfigSchema.properties).map(([key, schema]) => section(key, schema));
  return `${[REFERENCE_INTRODUCTION, ...sections, pluginSection(plugins)].join("\n\n")}\n`;
}

/** The keys of a plugin's options as a table, for its page in `docs/plugins/`. */
export function optionsTable(schema: TSchema): string {
  return table(rowsOf(schema, ""));
}

function section(key: string, schema: TSchema): string {
  const rows = rowsOf(schema, "");
  const parts = [`## ${key}`, schema.description ?? ""];
  const example = EXAMPLES[key];
  if (example !== undefined) parts.push(`\`\`\`yaml\n${example}\n\`\`\``);
  if (rows.length > 0) parts.push(table(rows));
  return parts.filter((part) => part !== "").join("\n\n");
}

function pluginSection(plugins: readonly PluginDescription[]): string {
  const sorted = plugins.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const lines = sorted.map(({ name, description }) => `- [\`${name}\`](plugins/${name}.md): ${description}`);
  return [REFERENCE_PLUGINS, lines.join("\n")].join("\n\n");
}

/** The keys of a map, those of maps in it included; `[]` are the items of a list, NAME is any key. */
function rowsOf(schema: TSchema, prefix: string): readonly Row[] {
  if (schema[Kind] === "Object") {
    const properties: Readonly<Record<string, TSchema>> = schema.properties;
    return Object.entries(properties).flatMap(([key, inner]) => keyRows(inner, join(prefix, key)));
  }
  if (schema[Kind] === "Record") {
    const patterns: Readonly<Record<string, TSchema>> = schema.patternProperties;
    return Object.values(patterns).flatMap((inner) => rowsOf(inner, join(prefix, "NAME")));
  }
  if (schema[Kind] === "Array") return rowsOf(schema.items, prefix === "" ? "" : `${prefix}[]`);
  const map = branchesOf(schema).find((branch) => branch[Kind] === "Object");
  return map === undefined || isChoice(schema) ? [] : rowsOf(map, prefix);
}

function keyRows(schema: TSchema, key: string): readonly Row[] {
  const row: Row = { key, type: typeOf(schema), preset: presetOf(schema), description: schema.description ?? "" };
  return [row, ...rowsOf(schema, key)];
}

/** Units are told by their name here: the page's first part says how each is written. */
function typeOf(schema: TSchema): string {
  return unitOf(schema)?.kind.toLowerCase() ?? expected(schema);
}

/** Several small maps to choose from are described by the words of the key itself. */
function isChoice(schema: TSchema): boolean {
  return branchesOf(schema).filter((branch) => branch[Kind] === "Object").length > 1;
}

function presetOf(schema: TSchema): string {
  const preset: unknown = schema.default;
  if (preset === undefined) return schema[OptionalKind] === "Optional" ? "" : "required";
  if (typeof preset === "object" && preset !== null && !Array.isArray(preset)) return "";
  if (Array.isArray(preset)) return `\`[${preset.join(", ")}]\``;
  return `\`${String(preset)}\``;
}

function join(prefix: string, key: string): string {
  return prefix === "" ? key : `${prefix}.${key}`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ key, type, preset, description }) => {
    return `| \`${key}\` | ${cell(type)} | ${preset} | ${cell(description)} |`;
  });
  return ["| key | value | default | |", "|---|---|---|---|", ...lines].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
