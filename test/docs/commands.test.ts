import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { allPages, blocksOf, PROJECT } from "./pages.ts";

const { scripts } = await Bun.file(join(PROJECT, "package.json")).json();
const { stdout } = Bun.spawnSync([execPath, "src/main.ts", "help"], { cwd: PROJECT });
/** How the gateway itself says that it is used. */
const usage = stdout.toString();
const commands = [...usage.matchAll(/^ {2}(\w+)/gm)].map(([, name = ""]) => name);

/** Programs that a page may ask for beside Bun and npm. */
const OTHERS = ["curl", "apt-get", "docker", "kubectl", "systemctl"];
/** Scripts whose words after the name are the gateway's: what comes first, where there is something. */
const GATEWAY = /^bun (?:run gateway|src\/main\.ts) (\S+)(.*)$|^bun run (start)(.*)$/;

/** Why a command of a page cannot be run; undefined if it can, as far as anyone can tell without running it. */
function faultOf(command: string): string | undefined {
  const inner = /^\w+=\$\((?:\.ci\/with-bun )?(.*)\)$/.exec(command)?.[1];
  if (inner !== undefined) return faultOf(inner);
  const [program = "", first = "", second = ""] = command.split(/\s+/);
  if (OTHERS.includes(program)) return undefined;
  if (program !== "bun" && program !== "npm") return `${program} is not a program that pages may ask for`;
  const script = first === "run" ? second : program === "npm" ? first : undefined;
  if (script !== undefined && !Object.hasOwn(scripts, script)) return `there is no script ${script}`;
  if (program === "bun" && first.endsWith(".ts") && !existsSync(join(PROJECT, first))) return `there is no ${first}`;
  const [, name = "start", words, , moreWords] = GATEWAY.exec(command) ?? [];
  if (!commands.includes(name)) return `the gateway has no command ${name}`;
  const flags = (words ?? moreWords ?? "").match(/--\w+/g) ?? [];
  return flags.filter((flag) => !usage.includes(flag)).map((flag) => `${name} has no ${flag}`)[0];
}

/** The commands of a text for the shell: comments left out, continued lines joined. */
function commandsIn(text: string): readonly string[] {
  const lines = text.replaceAll(/\\\n\s*/g, " ").split("\n");
  return lines.map((line) => line.replace(/(^|\s)#.*$/, "").trim()).filter((line) => line !== "");
}

describe("commands in the pages", () => {
  test("the gateway says which it has", () => {
    expect(commands).toEqual(expect.arrayContaining(["start", "check", "schema"]));
  });

  test("those in blocks can be run", () => {
    const blocks = allPages().flatMap((page) => blocksOf(page, "sh"));
    const all = blocks.flatMap(({ text, place }) => commandsIn(text).map((command) => ({ place, command })));
    expect(all.length).toBeGreaterThan(10);
    const faults = all.flatMap(({ place, command }) => {
      const fault = faultOf(command);
      return fault === undefined ? [] : `${place}: ${command}: ${fault}`;
    });
    expect(faults).toEqual([]);
  });

  test("those in the text can be run", () => {
    const faults = allPages().flatMap(({ path, text }) => {
      const named = [...text.matchAll(/`((?:bun|npm) (?:run|test|src)[^`\n]*)`/g)].map(([, command = ""]) => command);
      return named.flatMap((command) => {
        const fault = faultOf(command.replaceAll(/[[\]]/g, ""));
        return fault === undefined ? [] : `${path}: ${command}: ${fault}`;
      });
    });
    expect(faults).toEqual([]);
  });

  test.each([
    ["npm run nothing", "there is no script nothing"],
    ["bun run gateway nothing", "the gateway has no command nothing"],
    ["bun src/main.ts check --nothing", "check has no --nothing"],
    ["bun run start --nothing FILE", "start has no --nothing"],
    ["bun examples/nothing.ts", "there is no examples/nothing.ts"],
    ["wget http://127.0.0.1", "wget is not a program that pages may ask for"],
  ])("%s is found out", (command, fault) => {
    expect(faultOf(command)).toBe(fault);
  });
});
