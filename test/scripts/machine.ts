import { chmodSync, cpSync, existsSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TempFolder, tempFolder } from "../support/temp.ts";

const SCRIPTS = resolve(import.meta.dir, "../../.ci");

/** What the scripts take for granted on any machine. */
const TOOLS = "sh awk bash cat cmp cp dirname env grep head mkdir mktemp rm sed sleep sort tail tee touch".split(" ");

/** A folder with a copy of the scripts, and a PATH with the usual tools and nothing else. */
export interface Machine extends Disposable {
  /** Puts a program on the PATH. Each call of it is a line of `calls`. */
  program(name: string, script: string): void;
  /** The programs called so far, with their arguments. */
  calls(): readonly string[];
  has(file: string): boolean;
  write(file: string, text: string): void;
  run(script: "with-bun" | "run", ...args: readonly string[]): Promise<Ended>;
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Such a machine. Its package.json wants Bun 1.4.5. */
export function machine(): Machine {
  const folder = tempFolder();
  for (const tool of TOOLS) {
    const found = Bun.which(tool);
    if (found === null) throw new Error(`${tool} is missing on this machine`);
    folder.write("bin/.keep", "");
    symlinkSync(found, folder.file(`bin/${tool}`));
  }
  cpSync(SCRIPTS, folder.file(".ci"), { recursive: true });
  folder.write("package.json", '{\n  "engines": {\n    "bun": ">=1.4.5"\n  }\n}\n');
  folder.write("bun.lock", "lock 1\n");
  folder.write("calls", "");
  return {
    program: (name, script) => program(folder, name, script),
    calls: () => readFileSync(folder.file("calls"), "utf8").split("\n").filter(Boolean),
    has: (file) => existsSync(folder.file(file)),
    write: (file, text) => void folder.write(file, text),
    run: (script, ...args) => run(folder, script, args),
    [Symbol.dispose]: folder.remove,
  };
}

/** What a Bun of this version does, as a script for `program`. */
export function fakeBun(version: string): string {
  return `if [ "$1" = --version ]; then echo ${version}; else mkdir -p node_modules; fi`;
}

function program(folder: TempFolder, name: string, script: string): void {
  const file = folder.write(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >> "${folder.file("calls")}"\n${script}\n`);
  chmodSync(file, 0o755);
}

async function run(folder: TempFolder, script: string, args: readonly string[]): Promise<Ended> {
  const child = Bun.spawn([join(folder.path, ".ci", script), ...args], {
    env: { PATH: folder.file("bin"), HOME: folder.path, TMPDIR: folder.path, BIN: folder.file("bin") },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, out, err] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  return { code, out, err };
}
