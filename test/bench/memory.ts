import { readFileSync } from "node:fs";

const PSS = /^Pss: +(\d+) kB$/m;
const KIB = 1_024;

/**
 * The memory of processes in bytes, where pages that several share count in equal parts (Pss of proc_pid_smaps_rollup).
 *
 * Buffers that the kernel keeps for sockets are not in it.
 *
 * @throws Error if one of them has ended, or may not be looked at
 */
export function memoryOf(pids: readonly number[]): number {
  let total = 0;
  for (const pid of pids) {
    const kib = PSS.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))?.[1];
    if (kib === undefined) throw new Error(`/proc/${pid}/smaps_rollup has no Pss`);
    total += Number(kib) * KIB;
  }
  return total;
}
