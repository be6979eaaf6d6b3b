import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { compileLoaded } from "../boot.ts";
import { reasonOf } from "../config/file-path.ts";
import type { Loaded } from "../config/load.ts";
import type { OpenApiConfig } from "../config/schema-openapi.ts";
import { Gateway } from "../gateway.ts";
import { createNullLogger } from "../observe/log.ts";
import { MetricsRegistry } from "../observe/metrics/registry.ts";
import type { Documents } from "../openapi/documents/documents.ts";
import type { PublishedDocument } from "../openapi/job.ts";
import type { Plugin } from "../plugin.ts";
import { createState } from "../scope.ts";
import { storeForShow } from "../store/open.ts";
import { readFlags } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { loadForCommand } from "./load-valid.ts";
import { lineText } from "./openapi-text.ts";

const FLAGS = { config: "value", document: "value", output: "value" } as const;

/** Of a configuration without the section. */
const DEFAULTS: OpenApiConfig = {
  path: "/openapi.json",
  docs: false,
  title: "API",
  version: "1.0.0",
  refresh: 60_000,
  timeout: 10_000,
  "max-bytes": 16 * 1_048_576,
  documents: {},
};

/**
 * Does what the gateway would, once, and without listening: asks the services, merges, and writes the document, as YAML where the
 * file's name says so. 0 if every document could be had, else 1; a text if the command is not understood.
 */
export async function openapiMerge(args: readonly string[], io: CliIo): Promise<number | string> {
  const flags = readFlags(
    args.map((arg) => (arg === "-o" ? "--output" : arg)),
    FLAGS,
  );
  if (typeof flags === "string") return flags;
  const { words, values } = flags;
  if (words.length > 0) return `${JSON.stringify(words[0])} is not understood`;
  const loaded = await loadForCommand(values.get("config")?.at(-1) ?? "gateway.yaml", io);
  if (loaded === undefined) return 1;
  const gateway = await compileLoaded(withSection(loaded), offline(loaded));
  if (!(gateway instanceof Gateway)) {
    io.err(`${gateway.join("\n")}\n`);
    return 1;
  }
  try {
    await gateway.start();
    const documents = gateway.snapshot.own?.documents;
    await documents?.refresh();
    if (documents?.result === undefined) {
      io.err(`the documents cannot be merged: ${documents?.report().error ?? "nothing was made"}\n`);
      return 1;
    }
    const audience = values.get("document")?.at(-1);
    const found = documents.result.documents.find((one) => one.audience === audience);
    if (found === undefined) return `openapi.documents has no ${JSON.stringify(audience)}`;
    const isWritten = await write(found, values.get("output")?.at(-1), io);
    return tell(documents, io) && isWritten ? 0 : 1;
  } finally {
    await gateway.close();
  }
}

function withSection(loaded: Loaded<Plugin>): Loaded<Plugin> {
  const { config } = loaded;
  return config.openapi ? loaded : { ...loaded, config: { ...config, openapi: DEFAULTS } };
}

function offline({ config }: Loaded<Plugin>) {
  const log = createNullLogger();
  const store = storeForShow(config.redis);
  return { log, metrics: new MetricsRegistry(log), store, now: Date.now, state: createState() };
}

async function write({ json, yaml }: PublishedDocument, file: string | undefined, io: CliIo): Promise<boolean> {
  const isYaml = file !== undefined && /\.ya?ml$/i.test(file);
  const plain = Buffer.from(isYaml ? yaml.plain : json.plain).toString();
  const text = isYaml ? plain : `${JSON.stringify(JSON.parse(plain), null, 2)}\n`;
  if (file === undefined) {
    io.out(text);
    return true;
  }
  try {
    await writeFile(resolve(io.cwd, file), text);
    return true;
  } catch (error) {
    io.err(`${file} cannot be written: ${reasonOf(error)}\n`);
    return false;
  }
}

/** The report, beside the document. */
function tell(documents: Documents, io: CliIo): boolean {
  const { services, lines } = documents.report();
  for (const line of lines) io.err(`${lineText(line).trimStart()}\n`);
  const failed = services.filter(({ error }) => error !== undefined);
  for (const { service, error } of failed) io.err(`the document of ${service} cannot be had: ${error?.message}\n`);
  return failed.length === 0;
}
