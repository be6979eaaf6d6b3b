import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { isPluginName } from "../registry/plugin-shape.ts";
import { createRegistry } from "../registry/registry.ts";
import { readFlags } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { pluginPageText, pluginTestText, pluginText } from "./new-plugin-text.ts";
import { PLUGINS_DIRECTORY } from "./project.ts";

const USAGE = `usage: bun run gateway new plugin NAME [--in FOLDER]

  Without --in: plugins/NAME.ts with its test and its page, in the gateway's own folder.
  With it: FOLDER/NAME.ts alone, which a gateway.yaml names by its path.
`;
const FLAGS = { in: "value" } as const;

/**
 * Writes a plugin to begin with, which works and is tested. Nothing that is there is overwritten. 0, or 1 if it cannot be
 * written, 2 if the command itself is not understood.
 */
export async function newThing(args: readonly string[], io: CliIo): Promise<number> {
  const flags = readFlags(args, FLAGS);
  const [kind, name, ...rest] = typeof flags === "string" ? [] : flags.words;
  const folders = typeof flags === "string" ? [] : (flags.values.get("in") ?? []);
  if (typeof flags === "string" || kind !== "plugin" || name === undefined || rest.length > 0 || folders.length > 1) {
    io.err(typeof flags === "string" ? `${flags}\n\n${USAGE}` : USAGE);
    return 2;
  }
  if (!isPluginName(name)) {
    io.err(`${JSON.stringify(name)}: expected words in lower case, joined by hyphens, such as api-version\n`);
    return 2;
  }
  const known = await (await createRegistry(PLUGINS_DIRECTORY)).all();
  if (known.some((plugin) => plugin.name === name)) return refused(`there is a plugin ${name} already`, io);
  const [folder] = folders;
  return folder === undefined ? inProject(name, io) : elsewhere(name, folder, io);
}

async function inProject(name: string, io: CliIo): Promise<number> {
  if (!(await exists(join(io.cwd, "src/plugin.ts")))) {
    return refused("this is not the gateway's own folder: say where with --in FOLDER", io);
  }
  const files = {
    [`plugins/${name}.ts`]: pluginText(name, "../src/plugin.ts"),
    [`test/plugins/${name}.test.ts`]: pluginTestText(name),
    [`docs/plugins/${name}.md`]: pluginPageText(name),
  };
  if (!(await writeNew(files, io))) return 1;
  io.out(`
Under a route's plugins, \`${name}: {}\` switches it on. Next:

  bun test test/plugins/${name}.test.ts
  bun run gateway schema --write      so that editors and the page know its options
`);
  return 0;
}

async function elsewhere(name: string, folder: string, io: CliIo): Promise<number> {
  const file = join(folder, `${name}.ts`);
  if (!(await writeNew({ [file]: pluginText(name, "sluice/plugin") }, io))) return 1;
  const path = file.startsWith("/") || file.startsWith(".") ? file : `./${file}`;
  io.out(`
Under a route's plugins, \`${path}: {}\` switches it on; the path is relative to the gateway.yaml.
`);
  return 0;
}

/** All of them, or none if one is there already. */
async function writeNew(files: Readonly<Record<string, string>>, io: CliIo): Promise<boolean> {
  for (const name of Object.keys(files)) {
    if (!(await exists(resolve(io.cwd, name)))) continue;
    refused(`${name} is there already`, io);
    return false;
  }
  for (const [name, text] of Object.entries(files)) {
    const path = resolve(io.cwd, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: "wx" });
    } catch (error) {
      refused(error instanceof Error ? error.message : String(error), io);
      return false;
    }
    io.out(`wrote ${name}\n`);
  }
  return true;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function refused(reason: string, io: CliIo): 1 {
  io.err(`${reason}\n`);
  return 1;
}
