import { describe, expect, test } from "bun:test";
import { cp, mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { newThing } from "../../src/cli/new.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { runCommand } from "./run.ts";

const PROJECT = join(import.meta.dir, "../..");

/** As much of the project as a plugin and its test need. */
async function copyProject(folder: TempFolder): Promise<void> {
  for (const name of ["src", "plugins", "docs", ".biome.json", "tsconfig.json", "package.json"]) {
    await cp(join(PROJECT, name), join(folder.path, name), { recursive: true });
  }
  await symlink(join(PROJECT, "node_modules"), join(folder.path, "node_modules"));
}

async function runIn(folder: TempFolder, ...command: readonly string[]) {
  const child = Bun.spawn([...command], { cwd: folder.path, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, text: out + err };
}

describe("gateway new plugin", () => {
  test("writes a plugin that works, is typed and formatted, with a test that passes and a page", async () => {
    using folder = tempFolder();
    await copyProject(folder);
    const { exitCode, out } = await runCommand(newThing, folder.path, ["plugin", "need-tenant"]);
    expect(exitCode).toBe(0);
    const written = ["plugins/need-tenant.ts", "test/plugins/need-tenant.test.ts", "docs/plugins/need-tenant.md"];
    expect(out).toStartWith(written.map((name) => `wrote ${name}\n`).join(""));
    expect(await runIn(folder, "bun", "test", "test/plugins/need-tenant.test.ts")).toMatchObject({ code: 0 });
    expect(await runIn(folder, "bun", "src/main.ts", "schema", "--write")).toMatchObject({ code: 0 });
    expect(await Bun.file(folder.file("docs/plugins/need-tenant.md")).text()).toContain("| `header` | ");
    folder.write("gateway.yaml", "routes: [{ path: /, plugins: { need-tenant: {}, respond: {} } }]\n");
    expect(await runIn(folder, "bun", "src/main.ts", "check")).toMatchObject({ code: 0 });
    const typed = { extends: "./tsconfig.json", include: ["plugins/need-tenant.ts", "test"] };
    folder.write("tsconfig.new.json", JSON.stringify(typed));
    expect(await runIn(folder, "bunx", "tsc", "--noEmit", "-p", "tsconfig.new.json")).toEqual({ code: 0, text: "" });
    const biome = await runIn(
      folder,
      "bunx",
      "biome",
      "check",
      "--vcs-enabled=false",
      "plugins/need-tenant.ts",
      "test/plugins",
    );
    expect(biome).toMatchObject({ code: 0 });
  }, 120_000);

  test("writes a plugin elsewhere, which a gateway.yaml names by its path", async () => {
    using folder = tempFolder();
    const { exitCode, out } = await runCommand(newThing, folder.path, ["plugin", "tenant", "--in", "team/plugins"]);
    expect(exitCode).toBe(0);
    expect(out).toContain("`./team/plugins/tenant.ts: {}` switches it on");
    expect(await readdir(folder.file("team/plugins"))).toEqual(["tenant.ts"]);
    folder.write("gateway.yaml", "routes: [{ path: /, plugins: { ./team/plugins/tenant.ts: {}, respond: {} } }]\n");
    const main = join(PROJECT, "src/main.ts");
    expect(await runIn(folder, "bun", "--no-install", main, "check")).toMatchObject({ code: 0 });
  });

  test("overwrites nothing, and writes nothing beside what is there", async () => {
    using folder = tempFolder();
    await mkdir(folder.file("src"));
    folder.write("src/plugin.ts", "");
    await mkdir(folder.file("test/plugins"), { recursive: true });
    folder.write("test/plugins/mine.test.ts", "// mine\n");
    const { exitCode, err } = await runCommand(newThing, folder.path, ["plugin", "mine"]);
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: "test/plugins/mine.test.ts is there already\n" });
    expect(await Bun.file(folder.file("plugins/mine.ts")).exists()).toBe(false);
  });

  test("does not take the name of a plugin that there is", async () => {
    using folder = tempFolder();
    const { exitCode, err } = await runCommand(newThing, folder.path, ["plugin", "jwt", "--in", "."]);
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: "there is a plugin jwt already\n" });
  });

  test("wants to be told where, outside the gateway's own folder", async () => {
    using folder = tempFolder();
    const { exitCode, err } = await runCommand(newThing, folder.path, ["plugin", "mine"]);
    expect(exitCode).toBe(1);
    expect(err).toContain("say where with --in FOLDER");
  });

  test.each([
    [["plugin"]],
    [["route", "x"]],
    [[]],
    [["plugin", "a", "b"]],
    [["plugin", "Not_Kebab"]],
    [["plugin", "../x"]],
    [["plugin", "a", "--into", "b"]],
  ])("does not understand %p", async (args) => {
    using folder = tempFolder();
    expect(await runCommand(newThing, folder.path, args)).toMatchObject({ exitCode: 2, out: "" });
    expect(await readdir(folder.path)).toEqual([]);
  });
});
