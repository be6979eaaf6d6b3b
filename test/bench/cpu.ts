import { readdirSync, readFileSync } from "node:fs";

/** Kernel ticks a second in /proc: USER_HZ, 100 on every Linux that Bun runs on (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;
const US_PER_TICK = 1_000_000 / TICKS_PER_SECOND;

/** What is read of a line of /proc/PID/stat. */
export interface ProcessStat {
  readonly parent: number;
  /** User and system time of all its threads, ended ones too, in microseconds. */
  readonly cpuUs: number;
}

/**
 * Reads a line of /proc/PID/stat (proc_pid_stat(5)).
 *
 * The program's name, in brackets, may itself have spaces and brackets: fields are counted from the last one.
 */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [, parent, , , , , , , , , , user, system] = fields;
  return { parent: Number(parent), cpuUs: (Number(user) + Number(system)) * US_PER_TICK };
}

/** A process and all its descendants, itself first. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = readStat(pid)?.parent;
    if (parent === undefined) continue;
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/**
 * The CPU time that processes have used so far, in microseconds; it counts in steps of 10 ms.
 *
 * @throws Error if one of them has ended: its time would be missing
 */
export function cpuUsOf(pids: readonly number[]): number {
  let total = 0;
  for (const pid of pids) {
    const stat = readStat(pid);
    if (stat === undefined) throw new Error(`process ${pid} ended while it was measured`);
    total += stat.cpuUs;
  }
  return total;
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}
