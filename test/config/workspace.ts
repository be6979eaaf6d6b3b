import { type LoadResult, loadConfig } from "../../src/config/load.ts";
import type { PluginDescription, PluginLookup } from "../../src/config/plugin-lookup.ts";
import type { Problem } from "../../src/config/problem.ts";
import { Duration, FilePath, ServiceName, Type } from "../../src/plugin.ts";
import { tempFolder } from "../support/temp.ts";

const description = "For tests.";

/** Plugins by the names and paths they are found under. */
export const PLUGINS: Readonly<Record<string, PluginDescription | { readonly problem: string }>> = {
  "request-id": { name: "request-id", description, options: Type.Object({ header: Type.String({ default: "x-id" }) }) },
  respond: { name: "respond", description, answers: true, options: Type.Object({ status: Type.Integer() }) },
  slow: {
    name: "slow",
    description,
    options: Type.Object({
      after: Duration({ default: "1s" }),
      secret: Type.Optional(Type.String({ minLength: 100 })),
      key: Type.Optional(FilePath()),
    }),
  },
  copies: {
    name: "copies",
    description,
    options: Type.Object({
      to: Type.Optional(ServiceName()),
      also: Type.Optional(Type.Array(Type.Union([Type.Literal(false), Type.Object({ service: ServiceName() })]))),
    }),
  },
  "other-slow": { name: "slow", description, options: Type.Object({}) },
  odd: { name: "odd", description, options: Type.Intersect([Type.String(), Type.Integer()]) },
  broken: { problem: "it has a syntax error" },
};

/** Finds the plugins above by name, and any of them by a path that ends with its name. */
export const lookup: PluginLookup = {
  find: async (specifier) => PLUGINS[specifier.replace(/^.*\//, "").replace(/\.ts$/, "")],
  names: () => ["request-id", "respond", "slow"],
};

/** Loads gateway.yaml from a folder with these files. */
export async function load(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<LoadResult<PluginDescription>> {
  using folder = tempFolder();
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  return await loadConfig("gateway.yaml", { env, plugins: lookup, directory: folder.path });
}

/** Loads one text as gateway.yaml, and gives back its problems. */
export async function problemsOf(
  text: string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly Problem[]> {
  return (await load({ "gateway.yaml": text }, env)).problems;
}

/** `line:column path: message (hint)`. */
export function brief({ line, column, path, message, hint }: Problem): string {
  return `${line}:${column} ${path}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
}

/** The problems of a text, in brief. */
export async function briefs(text: string, env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  return (await problemsOf(text, env)).map(brief);
}
