import { join } from "node:path";

const MAIN = join(import.meta.dir, "../../src/main.ts");

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `gateway …` in a process of its own, as people do. */
export async function runCli(cwd: string, ...args: readonly string[]): Promise<CliRun> {
  const child = Bun.spawn(["bun", MAIN, ...args], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, out, err };
}
