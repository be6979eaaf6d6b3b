import { createKey } from "../identity/api-key/key-text.ts";
import { ADMIN_FLAGS, ADMIN_USAGE } from "./admin-access.ts";
import { readFlags } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { holderOf, type KeyCommand, parseKeyCommand } from "./key-command.ts";
import { KeyFault, openKeys } from "./key-target.ts";
import { entryText, issuedText, listText } from "./key-text.ts";
import { loadForCommand } from "./load-valid.ts";

const USAGE = `usage: bun run gateway key COMMAND [--config FILE] [--json] ${ADMIN_USAGE}

  issue [--owner NAME] [--scopes A,B] [--tier NAME] [--expires-in 90d] [--metadata NAME=VALUE] [--for-file]
  list
  rotate ID [--grace 24h]
  revoke ID
`;

const FLAGS = {
  config: "value",
  json: "switch",
  ...ADMIN_FLAGS,
  owner: "value",
  scopes: "value",
  tier: "value",
  "expires-in": "value",
  metadata: "value",
  "for-file": "switch",
  grace: "value",
} as const;

/**
 * Issues, lists, rotates and revokes API keys: in Redis where the configuration has one, else through the admin port of
 * the gateway that runs. 0 if it is done, 1 if it could not be, 2 if the command itself is not understood.
 */
export async function key(args: readonly string[], io: CliIo): Promise<number> {
  const flags = readFlags(args, FLAGS);
  const command = typeof flags === "string" ? flags : parseKeyCommand(flags, io.cwd);
  if (typeof command === "string") {
    io.err(`${command}\n\n${USAGE}`);
    return 2;
  }
  if (command.name === "issue" && command.isForFile) {
    const made = createKey();
    // The entry alone goes to standard output: it can be appended to the file, the key cannot by mistake.
    io.out(entryText(made, holderOf(command), Date.now()));
    io.err(`key  ${made.text}\nKeep it now: it is not shown again.\n`);
    return 0;
  }
  const loaded = await loadForCommand(command.config, io);
  if (loaded === undefined) return 1;
  try {
    return await run(command, loaded, io);
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error;
    io.err(`${error.message}\n`);
    return 1;
  }
}

async function run(command: KeyCommand, { config }: { readonly config: Parameters<typeof openKeys>[0] }, io: CliIo) {
  const keys = await openKeys(config, command.access);
  const print = (value: unknown, text: () => string) =>
    io.out(command.isJson ? `${JSON.stringify(value, null, 2)}\n` : text());
  try {
    switch (command.name) {
      case "issue": {
        const issued = await keys.issue(holderOf(command));
        print(issued, () => issuedText(issued));
        if (!keys.isDurable) io.err("Without Redis the key is gone when the gateway stops: see --for-file\n");
        return 0;
      }
      case "list": {
        const all = await keys.list();
        print(all, () => listText(all));
        return 0;
      }
      case "rotate": {
        const rotated = await keys.rotate(command.id, command.grace);
        print(rotated, () => issuedText(rotated));
        return 0;
      }
      default:
        await keys.revoke(command.id);
        print({ id: command.id, status: "revoked" }, () => `${command.id} is revoked\n`);
        return 0;
    }
  } finally {
    await keys.close();
  }
}
