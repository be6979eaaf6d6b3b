import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../../src/compile.ts";
import { loadConfig } from "../../src/config/load.ts";
import { pluginPage } from "../../src/config/plugin-page.ts";
import type { Plugin } from "../../src/plugin.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { closeService } from "../../src/upstream/service.ts";
import { ORDERS_FILE, ordersDocument } from "../docs/pages.ts";
import { tempFolder } from "../support/temp.ts";

const PROJECT = join(import.meta.dir, "../..");
const PAGES = join(PROJECT, "docs/plugins");
const registry = await createRegistry(join(PROJECT, "plugins"));
const plugins = await registry.all();

/** The page's first example. */
function exampleOf(page: string): string {
  return /^```yaml\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
}

describe.each(plugins.map((plugin) => [plugin.name, plugin] as const))("docs/plugins/%s.md", (name, plugin) => {
  const file = join(PAGES, `${name}.md`);
  const page = existsSync(file) ? readFileSync(file, "utf8") : "";

  test("has the plugin's name as its title", () => {
    expect(page).toStartWith(`# ${name}\n`);
  });

  test("has the options that the schema has (else: bun run gateway schema --write)", () => {
    expect(pluginPage(page, plugin)).toBe(page);
  });

  test("has an example that is a whole configuration, and names the phases in which the plugin works", async () => {
    using folder = tempFolder();
    folder.write(ORDERS_FILE, ordersDocument());
    folder.write("gateway.yaml", exampleOf(page));
    const loaded = await loadConfig("gateway.yaml", { env: {}, plugins: registry, directory: folder.path });
    expect(loaded.problems).toEqual([]);
    if (!loaded.ok) return;
    expect(loaded.plugins.get(name)).toBe(plugin as never);
    const phases = new Set<string>();
    const watched = watch(plugin, phases);
    const input = { ...loaded, plugins: new Map(loaded.plugins).set(name, watched) };
    const snapshot = await compile(input, createTestLasting());
    await snapshot.close();
    for (const service of snapshot.services.values()) closeService(service);
    const section = page.slice(page.indexOf("## What it does"));
    const documented = [...section.matchAll(/^- \*\*(\w+)\*\*/gm)].map(([, phase]) => phase);
    expect(documented.sort()).toEqual([...phases].sort());
  });
});

test("there is no page of a plugin that there is not", () => {
  const names = readdirSync(PAGES).map((file) => file.replace(/\.md$/, ""));
  expect(names.sort()).toEqual([...registry.names()]);
});

/** The plugin, and the phases of all its instances noted. */
function watch(plugin: Plugin, phases: Set<string>): Plugin {
  return {
    ...plugin,
    async setup(options, scope) {
      const instance = await plugin.setup(options, scope);
      for (const phase of Object.keys(instance)) phases.add(phase);
      return instance;
    },
  };
}
