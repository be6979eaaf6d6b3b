import type { CliIo } from "../../src/cli/io.ts";

type Command = (args: readonly string[], io: CliIo) => Promise<number>;

/** Runs a command in that folder, in a process that is otherwise as `init` says; answers its exit code and what it wrote. */
export async function runCommand(command: Command, cwd: string, args: readonly string[], init: Partial<CliIo> = {}) {
  const written = { out: "", err: "" };
  const io: CliIo = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    env: {},
    cwd,
    isTerminal: false,
    onStop: () => {},
    onFault: () => {},
    usage: () => ({
      uptimeSeconds: 0,
      residentBytes: 0,
      cpuSeconds: 0,
      heapUsedBytes: 0,
      heapSizeBytes: 0,
      externalBytes: 0,
    }),
    onExit: () => {},
    onReload: () => {},
    pid: 0,
    program: [],
    parent: undefined,
    ...init,
  };
  const exitCode = await command(args, io);
  return { exitCode, ...written };
}
