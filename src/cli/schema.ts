import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { errorsPage } from "../config/errors-page.ts";
import { metricsPage } from "../config/metrics-page.ts";
import { pluginPage } from "../config/plugin-page.ts";
import { publishedText } from "../config/publish.ts";
import { referenceText } from "../config/reference.ts";
import { createRegistry } from "../registry/registry.ts";
import type { CliIo } from "./io.ts";
import { PLUGINS_DIRECTORY, PROJECT_DIRECTORY } from "./project.ts";

const USAGE = "usage: bun run gateway schema [--write | --check]\n";

/**
 * Prints the JSON Schema of gateway.yaml. `--write` writes it to gateway.schema.json, the references to
 * docs/configuration.md and docs/errors.md, and the tables into docs/metrics.md and docs/plugins; `--check` is 1 if one of these
 * is not what would be written.
 */
export async function schema(args: readonly string[], io: CliIo): Promise<number> {
  const [mode, ...rest] = args;
  const isKnown = mode === undefined || mode === "--write" || mode === "--check";
  if (!isKnown || rest.length > 0) {
    io.err(USAGE);
    return 2;
  }
  const plugins = await (await createRegistry(PLUGINS_DIRECTORY)).all();
  if (mode === undefined) {
    io.out(publishedText(plugins));
    return 0;
  }
  const generated = new Map([
    ["gateway.schema.json", publishedText(plugins)],
    ["docs/configuration.md", referenceText(plugins)],
    ["docs/errors.md", errorsPage()],
  ]);
  const metrics = "docs/metrics.md";
  generated.set(metrics, metricsPage(await readFile(resolve(PROJECT_DIRECTORY, metrics), "utf8")));
  for (const plugin of plugins) {
    const name = `docs/plugins/${plugin.name}.md`;
    generated.set(name, pluginPage(await readFile(resolve(PROJECT_DIRECTORY, name), "utf8"), plugin));
  }
  return mode === "--write" ? writeAll(generated, io) : checkAll(generated, io);
}

async function writeAll(generated: ReadonlyMap<string, string>, io: CliIo): Promise<number> {
  for (const [name, text] of generated) {
    await writeFile(resolve(PROJECT_DIRECTORY, name), text);
    io.out(`wrote ${name}\n`);
  }
  return 0;
}

async function checkAll(generated: ReadonlyMap<string, string>, io: CliIo): Promise<number> {
  let exitCode = 0;
  for (const [name, text] of generated) {
    const written = await readFile(resolve(PROJECT_DIRECTORY, name), "utf8").catch(() => undefined);
    if (written === text) continue;
    io.err(`${name} is stale: run \`bun run gateway schema --write\`\n`);
    exitCode = 1;
  }
  return exitCode;
}
