import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

export const PROJECT = join(import.meta.dir, "../..");
export const DEPLOY = join(PROJECT, "deploy");

/** A value of YAML or JSON that is a map. */
export type Json = { readonly [key: string]: unknown };

/** The documents of a YAML file, of which nothing is forgiven: no key twice, no warning. */
export function readYaml(...path: readonly string[]): readonly Json[] {
  const documents = parseAllDocuments(readFileSync(join(DEPLOY, ...path), "utf8"), { strict: true, merge: true });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) throw new Error(`${path.join("/")}: ${faults.map(({ message }) => message).join("; ")}`);
    return document.toJS() as Json;
  });
}

export function textOf(...path: readonly string[]): string {
  return readFileSync(join(DEPLOY, ...path), "utf8");
}

export function yamlFilesIn(folder: string): readonly string[] {
  return readdirSync(join(DEPLOY, folder)).filter((name) => name.endsWith(".yaml"));
}

/** The value at the end of those keys; undefined where one is missing. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce((inner: unknown, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}

/** "45s" → 45. */
export function secondsOf(text: unknown): number {
  const [, amount] = /^(\d+)s$/.exec(String(text)) ?? [];
  if (amount === undefined) throw new Error(`expected seconds, found ${String(text)}`);
  return Number(amount);
}

/** The seconds that a gateway with that configuration may take to stop: the delay, the drain, and 5 s for hanging workers. */
export function stopSeconds(config: unknown): number {
  return secondsOf(at(config, "shutdown-delay")) + secondsOf(at(config, "listen", "timeouts", "drain")) + 5;
}
