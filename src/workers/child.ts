import { forwardLines } from "./lines.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

export interface SpawnOptions {
  /** The words that start the gateway's program. */
  readonly program: readonly string[];
  onMessage(message: FromWorker): void;
  /** Takes each line that it writes to standard output. */
  write(line: string): void;
}

/** How a process has ended: one of the two is there. */
export interface Exit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** A worker's process, from its parent's side. */
export interface WorkerProcess {
  readonly pid: number;
  /** Does nothing when it has ended. */
  send(message: ToWorker): void;
  /** Ends it at once. */
  kill(): void;
  /** Resolves when it has ended and its lines are passed on. */
  readonly exited: Promise<Exit>;
}

/** For lines that are still in the pipe of a worker that has ended; a child of its own may keep it open. */
const LAST_LINES_MS = 1_000;

/** Starts a worker: the gateway's own program, which says hello. */
export function spawnWorker({ program, onMessage, write }: SpawnOptions): WorkerProcess {
  let isConnected = true;
  const child = Bun.spawn([...program, "worker"], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    ipc: (message: FromWorker) => onMessage(message),
    onDisconnect: () => {
      isConnected = false;
    },
  });
  const lines = forwardLines(child.stdout, write).catch(() => {});
  return {
    pid: child.pid,
    send: (message) => {
      if (isConnected) child.send(message);
    },
    kill: () => child.kill("SIGKILL"),
    exited: child.exited.then(async (code): Promise<Exit> => {
      await Promise.race([lines, Bun.sleep(LAST_LINES_MS)]);
      const signal = child.signalCode === null ? undefined : String(child.signalCode);
      return { exitCode: signal === undefined ? code : undefined, signal };
    }),
  };
}
