import { expect, test } from "bun:test";
import { join, resolve } from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { tempFolder } from "../support/temp.ts";

const PROJECT = resolve(import.meta.dir, "../..");
const readme = await Bun.file(join(PROJECT, "README.md")).text();

/** The text of the first code block in this language. */
function block(language: string): string {
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "ms").exec(readme)?.[1] ?? "";
}

async function problems(file: string): Promise<readonly string[]> {
  const plugins = await createRegistry(join(PROJECT, "plugins"));
  const loaded = await loadConfig(file, { env: {}, plugins });
  return loaded.problems.map((problem) => problem.message);
}

test("the shipped gateway.yaml is valid without any variable set", async () => {
  expect(await problems(join(PROJECT, "gateway.yaml"))).toEqual([]);
});

test("the configuration in the README is valid", async () => {
  using folder = tempFolder();
  const text = block("yaml");
  expect(text).toContain("services:");
  expect(await problems(folder.write("gateway.yaml", text))).toEqual([]);
});

test("the plugin in the README is one", async () => {
  using folder = tempFolder();
  const source = block("ts").replace("../src/plugin.ts", join(PROJECT, "src/plugin.ts"));
  folder.write("need-header.ts", source);
  const yaml = 'routes: [{ path: "/*", plugins: { respond: {}, ./need-header.ts: { name: x-tenant } } }]\n';
  expect(await problems(folder.write("gateway.yaml", yaml))).toEqual([]);
  const wrong = yaml.replace("x-tenant", "[]");
  expect(await problems(folder.write("gateway.yaml", wrong))).toHaveLength(1);
});

test("every script that the README names is in package.json", async () => {
  const { scripts } = await Bun.file(join(PROJECT, "package.json")).json();
  const named = [...readme.matchAll(/(?:bun|npm) run ([a-z]+)/g)].map((match) => match[1]);
  expect(named).toContain("demo");
  for (const name of named) expect(scripts).toHaveProperty(name ?? "");
});
