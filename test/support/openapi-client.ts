import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const PROJECT = resolve(import.meta.dir, "../..");
const PRELOAD = join(import.meta.dir, "typescript-5.ts");

export interface Ran {
  readonly code: number;
  /** What it wrote, errors first. */
  readonly output: string;
}

/** A folder of the project with types made from an OpenAPI document, and programs that use them; removed at the end of the block. */
export interface OpenApiClient extends Disposable {
  /** Puts a program beside the types, which are `paths` of `./api.ts`. */
  write(name: string, source: string): Promise<void>;
  /** The compiler's complaints, one a line, by the file they are about. */
  check(): Promise<Readonly<Record<string, readonly string[]>>>;
  run(name: string, ...args: readonly string[]): Promise<Ran>;
}

/** Makes the types with openapi-typescript. Rejects with what it says if it cannot. */
export async function openApiClient(document: string): Promise<OpenApiClient> {
  // Inside the project: imports are resolved from where a program is.
  mkdirSync(join(PROJECT, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(PROJECT, ".cache/openapi-client-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const write = async (name: string, text: string) => void (await Bun.write(join(folder, name), text));
  try {
    await write("openapi.json", document);
    await write("tsconfig.json", JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }));
    const cli = join(PROJECT, "node_modules/openapi-typescript/bin/cli.js");
    const { code, output } = await bun(folder, "--preload", PRELOAD, cli, "openapi.json", "--output", "api.ts");
    if (code !== 0) throw new Error(`openapi-typescript: ${output}`);
  } catch (error) {
    remove();
    throw error;
  }
  return {
    write,
    async check() {
      const tsc = join(PROJECT, "node_modules/typescript/bin/tsc");
      const { code, output } = await bun(folder, tsc, "--pretty", "false", "--project", ".");
      const lines = output.split("\n").filter((line) => line.includes("error TS"));
      if (code !== 0 && lines.length === 0) throw new Error(`tsc: ${output}`);
      const byFile = Map.groupBy(lines, (line) => line.replace(/[(:].*/, ""));
      return Object.fromEntries(byFile);
    },
    run: (name, ...args) => bun(folder, name, ...args),
    [Symbol.dispose]: remove,
  };
}

async function bun(cwd: string, ...args: readonly string[]): Promise<Ran> {
  const child = Bun.spawn([process.execPath, ...args], {
    cwd,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 60_000,
  });
  const [errors, output, code] = await Promise.all([child.stderr.text(), child.stdout.text(), child.exited]);
  return { code, output: errors + output };
}
