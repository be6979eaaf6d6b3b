import { ADMIN_USAGE } from "./admin-access.ts";
import type { CliIo } from "./io.ts";
import { openapiDiff } from "./openapi-diff.ts";
import { openapiMerge } from "./openapi-merge.ts";
import { openapiReport } from "./openapi-report.ts";

const USAGE = `usage: bun run gateway openapi COMMAND

  merge [-o FILE] [--document NAME] [--config FILE]
                    fetch the documents of all services, merge them, and write the result
  report [--json] [--config FILE] ${ADMIN_USAGE}
                    what the gateway that runs publishes, and how each service's document is doing
  diff OLD NEW      what has changed from one document to another; 1 if clients may fail because of it
`;

const commands: Readonly<Record<string, (args: readonly string[], io: CliIo) => Promise<number | string>>> = {
  merge: openapiMerge,
  report: openapiReport,
  diff: openapiDiff,
};

/** Everything about the documents of services. The exit code is 2 if the command is not understood. */
export async function openapi([name = "", ...args]: readonly string[], io: CliIo): Promise<number> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const fault = name === "" ? "a command is missing" : `there is no command ${JSON.stringify(name)}`;
  const result = command === undefined ? fault : await command(args, io);
  if (typeof result === "number") return result;
  io.err(`${result}\n\n${USAGE}`);
  return 2;
}
