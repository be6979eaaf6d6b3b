import type { OpenApiConfig } from "./schema-openapi.ts";

/** A document that the gateway publishes: which, and where. */
export interface DocumentPaths {
  /** Undefined for the one of all. */
  readonly audience: string | undefined;
  readonly json: string;
  readonly yaml: string;
}

/** Files of the page, below its path. */
export const PAGE_FILES = { script: "scalar.js", start: "start.js" } as const;

/** Each document, that of all first. */
export function documentPaths({
  path,
  documents,
}: Pick<OpenApiConfig, "path" | "documents">): readonly DocumentPaths[] {
  const base = path.replace(/\.json$/, "");
  const at = (audience: string | undefined, start: string, json: string) => ({ audience, json, yaml: `${start}.yaml` });
  return [
    at(undefined, base, path),
    ...Object.keys(documents).map((name) => at(name, `${base}/${name}`, `${base}/${name}.json`)),
  ];
}

/** Every path that the gateway answers by itself for that section. */
export function ownPaths(config: Pick<OpenApiConfig, "path" | "documents" | "docs">): readonly string[] {
  const { docs } = config;
  const documents = documentPaths(config).flatMap(({ json, yaml }) => [json, yaml]);
  return docs === false
    ? documents
    : [...documents, docs, ...Object.values(PAGE_FILES).map((file) => `${docs}/${file}`)];
}
