import { readFile } from "node:fs/promises";
import { SEARCH_PATH } from "./contender.ts";

/** The core that the contenders run on. */
export const GATEWAY_CORE = 0;
/** The core that the load generator and the upstream share. */
export const LOAD_CORE = 1;

/** Runs a program with as many open files as it may have. */
const RAISED = 'ulimit -n "$(ulimit -Hn)"; exec "$@"';

const READY_MS = 10_000;
const READY_POLL_MS = 20;
const END_MS = 5_000;

/** A program that the bench has started. */
export interface Child {
  readonly pid: number;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly exited: Promise<number>;
  /** File that collects what it writes to standard error. */
  readonly errors: string;
}

const running = new Set<Child>();

/**
 * Starts a program on one core (where there is taskset), in a process group of its own so that its workers can be ended with it.
 *
 * @param command program and arguments
 * @param core number of the core, as taskset counts
 * @param errors file for its standard error
 * @param env added to this process's environment
 */
export function startPinned(
  command: readonly string[],
  core: number,
  errors: string,
  env: Readonly<Record<string, string>> = {},
): Child {
  const pin = Bun.which("taskset") === null ? [] : ["taskset", "-c", String(core)];
  const spawned = Bun.spawn(["sh", "-c", RAISED, "sh", ...pin, ...command], {
    env: { ...Bun.env, PATH: SEARCH_PATH, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: Bun.file(errors),
    detached: true,
  });
  const child = { pid: spawned.pid, stdout: spawned.stdout, exited: spawned.exited, errors };
  running.add(child);
  return child;
}

/**
 * Waits until a port of 127.0.0.1 accepts connections.
 *
 * @throws Error with the end of the child's standard error if it exits first or 10 s pass
 */
export async function untilListening(child: Child, name: string, port: number): Promise<void> {
  let exitCode: number | undefined;
  void child.exited.then((code) => {
    exitCode = code;
  });
  const end = performance.now() + READY_MS;
  while (performance.now() < end && exitCode === undefined) {
    if (await accepts(port)) return;
    await Bun.sleep(READY_POLL_MS);
  }
  const how = exitCode === undefined ? `does not listen on port ${port}` : `ended with exit code ${exitCode}`;
  throw new Error(`${name} ${how}\n${await lastErrors(child)}`);
}

/** The last lines that a child wrote to standard error. */
export async function lastErrors(child: Child): Promise<string> {
  const text = await readFile(child.errors, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-10).join("\n");
}

/** Ends a child and its workers: SIGTERM, and SIGKILL if it is still there after 5 s. */
export async function end(child: Child): Promise<void> {
  signalGroup(child, "SIGTERM");
  const late = setTimeout(() => signalGroup(child, "SIGKILL"), END_MS);
  await child.exited;
  clearTimeout(late);
  signalGroup(child, "SIGKILL");
  running.delete(child);
}

/** Ends every child that is still running, one after the other. */
export async function endAll(): Promise<void> {
  for (const child of [...running].reverse()) await end(child);
}

/** Ends every child at once, for a process that cannot wait any more. */
export function killAll(): void {
  for (const child of running) signalGroup(child, "SIGKILL");
}

function signalGroup(child: Child, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

async function accepts(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}
