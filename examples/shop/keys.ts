import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const PROJECT = resolve(import.meta.dir, "../..");
/** Below a folder that git ignores. */
const FOLDER = ".cache/demo";

/** A key pair for the tokens of the demo, made anew at each start. */
export interface DemoKeys {
  /** PEM text that verifies. */
  readonly publicKey: string;
  /** The command that makes a token, as one types it. */
  readonly tokenCommand: string;
  /** A token that the demo's private routes let through, for an hour. */
  readonly token: string;
}

/** Makes them with the gateway's own command. Throws an Error with what it says if it fails. */
export function makeKeys(): DemoKeys {
  rmSync(join(PROJECT, FOLDER), { recursive: true, force: true });
  gateway("token", "--new-key", FOLDER);
  const words = ["token", "--key", `${FOLDER}/jwt.key`, "--sub", "ada", "--scope", "orders:read"];
  return {
    publicKey: readFileSync(join(PROJECT, FOLDER, "jwt.pem"), "utf8"),
    tokenCommand: `bun run gateway ${words.join(" ")}`,
    token: gateway(...words).trim(),
  };
}

function gateway(...words: readonly string[]): string {
  const run = Bun.spawnSync([process.execPath, "src/main.ts", ...words], { cwd: PROJECT });
  if (!run.success) throw new Error(`gateway ${words[0]}: ${run.stderr.toString().trim()}`);
  return run.stdout.toString();
}
