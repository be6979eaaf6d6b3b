import { isObject, type Json, listAt, objectAt, textAt } from "./json.ts";
import type { SourceOperation } from "./operations.ts";

/** A part of a path template: `{id}`. */
const PARAMETER = /\{([^{}]*)\}/g;

/** What may stand for any parameter: something that is no word of a route, a number, a letter. */
const ANYTHING = ["x7q1z", "1", "a"];

/** The names of the parameters of a path template, in order. */
export function parametersOf(path: string): readonly string[] {
  return [...path.matchAll(PARAMETER)].map((match) => match[1] ?? "");
}

/** Values for the parameters of a path, one set after another, to be tried: those that are known, then others. */
export function sampleSets(
  path: string,
  known: Readonly<Record<string, string>>,
): readonly Readonly<Record<string, string>>[] {
  const names = parametersOf(path);
  if (names.length === 0) return [{}];
  const sets = ANYTHING.map((value) => Object.fromEntries(names.map((name) => [name, value])));
  const own = Object.fromEntries(
    names.map((name) => [name, (Object.hasOwn(known, name) ? known[name] : undefined) ?? ANYTHING[0] ?? ""]),
  );
  return [own, ...sets];
}

/** The path with values for its parameters. */
export function fillSamples(path: string, values: Readonly<Record<string, string>>): string {
  return path.replace(PARAMETER, (_, name: string) => encodeURIComponent(values[name] ?? "x"));
}

/** Values for the path parameters of an operation, as its schemas suggest them. */
export function samplesOf({ source, value }: SourceOperation): Readonly<Record<string, string>> {
  const samples: Record<string, string> = {};
  for (const written of listAt(value, "parameters")) {
    const parameter = source.resolve(written, "parameter");
    const name = textAt(parameter, "name");
    if (parameter?.in !== "path" || name === undefined) continue;
    const sample = scalarText(parameter.example) ?? sampleOf(source.resolve(objectAt(parameter, "schema"), "schema"));
    if (sample !== undefined && sample !== "") samples[name] = sample;
  }
  return samples;
}

const BY_FORMAT: Readonly<Record<string, string>> = {
  uuid: "00000000-0000-4000-8000-000000000000",
  date: "2026-01-31",
  "date-time": "2026-01-31T00:00:00Z",
  email: "a@example.com",
  ipv4: "192.0.2.1",
};

function sampleOf(schema: Json | undefined): string | undefined {
  if (!isObject(schema)) return undefined;
  const [first] = [...listAt(schema, "enum"), ...listAt(schema, "examples")];
  const given =
    scalarText(schema.const) ?? scalarText(first) ?? scalarText(schema.example) ?? scalarText(schema.default);
  if (given !== undefined) return given;
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (type === "integer" || type === "number") return scalarText(schema.minimum) ?? "1";
  if (type === "boolean") return "true";
  return BY_FORMAT[textAt(schema, "format") ?? ""];
}

function scalarText(value: Json | undefined): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}
