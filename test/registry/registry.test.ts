import { describe, expect, test } from "bun:test";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { createRegistry, type Registry } from "../../src/registry/registry.ts";
import { testPlugin } from "../../src/testing.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

const PROJECT = join(import.meta.dir, "../..");
const CONTRACT = pathToFileURL(join(PROJECT, "src/plugin.ts")).href;

/** The text of a plugin's file. */
function source(name: string, more = "setup: () => ({})"): string {
  return `import { definePlugin, Type } from ${JSON.stringify(CONTRACT)};
export default definePlugin({ name: ${JSON.stringify(name)}, description: "For tests.", options: Type.Object({}), ${more} });
`;
}

/** A registry of a folder's `plugins`, which is made if need be. */
function registryOf(folder: TempFolder): Promise<Registry> {
  folder.write("plugins/README.md", "");
  return createRegistry(folder.file("plugins"));
}

async function problemOf(folder: TempFolder, text: string): Promise<string> {
  const file = folder.write("broken.ts", text);
  const found = await (await registryOf(folder)).find(file, folder.path);
  if (found === undefined || !("problem" in found)) throw new Error("expected a problem");
  return found.problem;
}

describe("names", () => {
  test("files and folders are listed by name, sorted; what is no plugin's name is left out", async () => {
    using folder = tempFolder();
    folder.write("plugins/b-two.ts", source("b-two"));
    folder.write("plugins/a/index.ts", source("a"));
    folder.write("plugins/a/part.ts", "");
    folder.write("plugins/Not_A_Name.ts", "");
    folder.write("plugins/empty/part.ts", "");
    folder.write("plugins/notes.md", "");
    const registry = await registryOf(folder);
    expect(registry.names()).toEqual(["a", "b-two"]);
    expect((await registry.all()).map(({ name }) => name)).toEqual(["a", "b-two"]);
  });

  test("a plugin is found by its name from any folder, and is the same each time", async () => {
    using folder = tempFolder();
    folder.write("plugins/greet.ts", source("greet"));
    const registry = await registryOf(folder);
    const first = await registry.find("greet", "/");
    expect(first).toMatchObject({ name: "greet" });
    expect(await registry.find("greet", folder.path)).toBe(first as never);
    expect(await registry.find("./plugins/greet.ts", folder.path)).toBe(first as never);
  });

  test("a name that is nobody's is undefined, also one that Bun itself knows or npm could download", async () => {
    using folder = tempFolder();
    const registry = await registryOf(folder);
    for (const name of [
      "nobody",
      "fs",
      "node:fs",
      "bun",
      "left-pad",
      "@scope/none",
      "",
      "a b",
      "https://x.test/y.ts",
    ]) {
      expect(await registry.find(name, folder.path)).toBeUndefined();
    }
  });

  test("a file whose plugin has another name is a problem, and stops all()", async () => {
    using folder = tempFolder();
    folder.write("plugins/one.ts", source("two"));
    const registry = await registryOf(folder);
    const problem = 'its file says one, but its name is "two": they have to be the same';
    expect(await registry.find("one", folder.path)).toEqual({ problem });
    await expect(registry.all()).rejects.toThrow(`the plugin "one" cannot be used: ${problem}`);
  });
});

describe("paths", () => {
  test("relative ones start at the configuration file's folder; folders have an index.ts", async () => {
    using folder = tempFolder();
    folder.write("team/mine.ts", source("mine"));
    folder.write("other/yours/index.ts", source("yours"));
    const registry = await registryOf(folder);
    const team = folder.file("team");
    const mine = await registry.find("./mine.ts", team);
    expect(mine).toMatchObject({ name: "mine" });
    expect(await registry.find("../other/yours", team)).toMatchObject({ name: "yours" });
    expect(await registry.find(folder.file("team/mine.ts"), "/")).toBe(mine as never);
  });

  test("a path that leads nowhere, or to a folder without an index.ts, is a problem", async () => {
    using folder = tempFolder();
    folder.write("empty/part.txt", "");
    const registry = await registryOf(folder);
    expect(await registry.find("./none.ts", folder.path)).toEqual({ problem: "there is no such file" });
    expect(await registry.find("./empty", folder.path)).toEqual({ problem: "it is a folder" });
  });
});

describe("the contract", () => {
  test("is imported as sluice/plugin from anywhere, and is the gateway's own", async () => {
    using folder = tempFolder();
    const text = `import { definePlugin, GatewayError, Type } from "sluice/plugin";
export default definePlugin({ name: "far", description: "For tests.", options: Type.Object({}),
  setup: () => ({ request: () => { throw new GatewayError("forbidden"); }, response: (ctx, reply) => reply }) });
`;
    folder.write("far.ts", text);
    // Another copy beside the plugin is not what it gets.
    folder.write("node_modules/sluice/package.json", JSON.stringify({ name: "sluice", version: "9.9.9" }));
    folder.write("node_modules/sluice/plugin.js", "throw new Error('another copy');");
    const found = await (await registryOf(folder)).find("./far.ts", folder.path);
    if (found === undefined || "problem" in found) throw new Error(found?.problem);
    const { reply } = await (await testPlugin(found)).request();
    expect(reply.status).toBe(403);
  });
});

describe("npm packages", () => {
  const manifest = JSON.stringify({
    name: "sluice-greet",
    version: "1.0.0",
    type: "module",
    exports: { ".": "./main.ts" },
  });

  test("one is found from the folder of the configuration, or from the gateway's", async () => {
    using folder = tempFolder();
    folder.write("node_modules/sluice-greet/package.json", manifest);
    folder.write("node_modules/sluice-greet/main.ts", source("greet"));
    folder.write("deep/er/gateway.yaml", "");
    const registry = await registryOf(folder);
    const greet = await registry.find("sluice-greet", folder.file("deep/er"));
    expect(greet).toMatchObject({ name: "greet" });
    expect(await registry.find("sluice-greet", "/")).toBe(greet as never);
  });

  test("a scoped one, and a file in it", async () => {
    using folder = tempFolder();
    folder.write(
      "node_modules/@team/plugins/package.json",
      JSON.stringify({ name: "@team/plugins", version: "1.0.0" }),
    );
    folder.write("node_modules/@team/plugins/greet.ts", source("greet"));
    const registry = await registryOf(folder);
    expect(await registry.find("@team/plugins/greet.ts", folder.path)).toMatchObject({ name: "greet" });
  });

  test("a package without such an export is a problem", async () => {
    using folder = tempFolder();
    folder.write("node_modules/sluice-greet/package.json", manifest);
    const registry = await registryOf(folder);
    const problem = "the package is installed, but there is nothing to import under this name";
    expect(await registry.find("sluice-greet/other", folder.path)).toEqual({ problem });
  });
});

describe("files that are no plugins", () => {
  test.each([
    ["no default export", "export const a = 1;", "it has no default export"],
    ["a number", "export default 3;", "its default export is no plugin"],
    ["a bad name", "export default { name: 'Bad_Name' };", 'its name is "Bad_Name": expected words in lower case'],
    ["no name", "export default {};", "its name is missing"],
    ["no description", "export default { name: 'x' };", "its description is missing: expected one sentence"],
    [
      "a plain JSON schema",
      "export default { name: 'x', description: 'd', options: { type: 'object' } };",
      "its options are no schema",
    ],
    [
      "answers that is text",
      source("x", "answers: 'yes', setup: () => ({})"),
      'its answers is "yes": expected true or false',
    ],
    [
      "describe that is no function",
      source("x", "describe: {}, setup: () => ({})"),
      "its describe is an object: expected a function",
    ],
    [
      "preflights that is a number",
      source("x", "preflights: 1, setup: () => ({})"),
      "its preflights is 1: expected true or false",
    ],
    ["setup that is no function", source("x", "setup: {}"), "its setup is an object: expected a function"],
  ])("%s", async (_, text, problem) => {
    using folder = tempFolder();
    expect(await problemOf(folder, text)).toStartWith(problem);
  });

  test("a syntax error is told with its line", async () => {
    using folder = tempFolder();
    const problem = await problemOf(folder, "export default {\n  name: 'x',\n  setup(: 3\n};\n");
    expect(problem).toMatch(/^importing it failed: line 3, column \d+: Expected .+ \(and \d+ more after it\)$/);
  });

  test("an import that leads nowhere is told, and what the file throws", async () => {
    using folder = tempFolder();
    expect(await problemOf(folder, "import './none.ts';\nexport default 1;")).toContain(
      "Cannot find module './none.ts'",
    );
    using other = tempFolder();
    expect(await problemOf(other, "throw new TypeError('boom');")).toBe("importing it failed: boom");
    using third = tempFolder();
    expect(await problemOf(third, "throw null;")).toBe("importing it failed: null");
  });

  test("a file that has been mended is loaded", async () => {
    using folder = tempFolder();
    const file = folder.write("mine.ts", "export default {");
    const registry = await registryOf(folder);
    expect(await registry.find(file, "/")).toHaveProperty("problem");
    folder.write("mine.ts", source("mine"));
    expect(await registry.find(file, "/")).toMatchObject({ name: "mine" });
  });
});

test("the project's own plugins and the example can all be used", async () => {
  const registry = await createRegistry(join(PROJECT, "plugins"));
  const names = (await registry.all()).map(({ name }) => name);
  expect(names).toEqual([...registry.names()]);
  expect(names).toContain("request-id");
  const path = `./${relative(PROJECT, join(PROJECT, "examples/plugins/api-version.ts"))}`;
  expect(await registry.find(path, PROJECT)).toMatchObject({ name: "api-version" });
});
