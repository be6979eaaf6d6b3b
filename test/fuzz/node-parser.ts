import { join } from "node:path";

/** What Node's own parser, llhttp, made of some bytes. */
export interface NodeReading {
  readonly messages: readonly { readonly target: string; readonly body: string }[];
  /** It has left the rest to whoever serves the upgrade. */
  readonly isUpgrade: boolean;
  /** HPE_…, if it has refused them. */
  readonly error?: string;
}

/** Where Node.js is; undefined on a machine without it. Bun's own `node:http` has another parser. */
export const NODE: string | undefined = Bun.which("node") ?? undefined;

/** Reads each of these as a connection's bytes of its own, in one process of Node.js. */
export function readWithNode(node: string, wires: readonly string[]): readonly NodeReading[] {
  const { stdout, stderr, exitCode } = Bun.spawnSync(
    [node, "--no-deprecation", join(import.meta.dir, "children/llhttp.mjs")],
    { stdin: Buffer.from(wires.map((wire) => `${JSON.stringify(wire)}\n`).join("")) },
  );
  if (exitCode !== 0) throw new Error(`node ended with code ${exitCode}: ${stderr.toString()}`);
  return stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as NodeReading);
}
