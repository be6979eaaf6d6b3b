import type { Configuration } from "../api/types.ts";

/** A line of the configuration as it is shown. */
export interface ConfigLine {
  /** Where it stands in the whole: `services.users.targets[0]`. */
  readonly path: string;
  readonly depth: number;
  readonly key: string;
  /** Undefined where further lines follow below. */
  readonly value: string | undefined;
  /** File and line of the value, or of what it is in. */
  readonly place: string | undefined;
  /** Whether the place is its own. */
  readonly isPlaceOwn: boolean;
}

/**
 * The configuration as lines, like the YAML that it was written in, each with where it came from. Files in the folder of the first
 * one are named without it.
 */
export function configLines({
  configuration,
  places,
  files,
}: Pick<Configuration, "configuration" | "places" | "files">): readonly ConfigLine[] {
  const folder = files[0]?.replace(/[^/]*$/, "") ?? "";
  const lines: ConfigLine[] = [];
  const add = (key: string, value: unknown, path: string, depth: number, inherited: string | undefined) => {
    const written = Object.hasOwn(places, path) ? places[path] : undefined;
    const own = written?.startsWith(folder) === true ? written.slice(folder.length) : written;
    const place = own ?? inherited;
    const parts = partsOf(value, path);
    const text = parts === undefined ? textOf(value) : undefined;
    lines.push({ path, depth, key, value: text, place, isPlaceOwn: own !== undefined });
    for (const part of parts ?? []) add(part.key, part.value, part.path, depth + 1, place);
  };
  for (const { key, value, path } of partsOf(configuration, "") ?? []) add(key, value, path, 0, undefined);
  return lines;
}

interface Part {
  readonly key: string;
  readonly value: unknown;
  readonly path: string;
}

/** What is in a map or a list that is not empty; undefined of anything else. */
function partsOf(value: unknown, path: string): readonly Part[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) {
    if (value.length === 0 || value.every(isPlain)) return undefined;
    return value.map((item, i) => ({ key: "-", value: item, path: `${path}[${i}]` }));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return undefined;
  return entries.map(([key, item]) => ({ key, value: item, path: below(path, key) }));
}

/** The path as the gateway writes it: `routes[0].plugins["./mine.ts"]`. */
function below(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value === "" ? '""' : value;
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  return typeof value === "object" && value !== null ? "{}" : String(value);
}

/** The lines that have the text in them, with those that they are in. */
export function filterLines(lines: readonly ConfigLine[], text: string): readonly ConfigLine[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return lines;
  const kept = new Set<string>();
  const above: string[] = [];
  for (const { path, depth, key, value, place } of lines) {
    above.length = depth;
    above.push(path);
    const all = `${key}: ${value ?? ""} ${place ?? ""}`.toLowerCase();
    if (all.includes(wanted)) for (const one of above) kept.add(one);
  }
  return lines.filter(({ path }) => kept.has(path));
}
