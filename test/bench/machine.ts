import { cpus, release, totalmem } from "node:os";

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
}

/** The machine that this runs on. */
export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? "unknown",
    cores: all.length,
    memoryGib: Math.round(totalmem() / 1_073_741_824),
    kernel: release(),
  };
}

/**
 * Why the bench cannot run here; undefined if it can.
 *
 * It pins programs with taskset, to two different cores, and reads CPU time from /proc.
 */
export function whyUnfit(machine: Machine, platform: string): string | undefined {
  if (platform !== "linux") return `the bench needs Linux, found ${platform}`;
  if (machine.cores < 2) return "the bench needs two cores: one for the gateway, one for the load; found one";
  if (Bun.which("taskset") === null) return "the bench needs taskset (apt-get install util-linux)";
  return undefined;
}
