import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import type { Scenario } from "./scenarios.ts";

/** Files that a gateway or the load generator opens beside one a client connection, at most. */
const OTHER_FILES = 1_500;

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

/**
 * Why a scenario cannot be measured here; undefined if it can.
 *
 * @param hasCertificate whether one could be made
 */
export function whySkipped(
  { listener, connections, idle }: Scenario,
  hasCertificate: boolean,
  limit = fileLimit(),
): string | undefined {
  if (listener === "tlsPort" && !hasCertificate) return "it needs openssl (apt-get install openssl)";
  const needed = connections + idle + OTHER_FILES;
  return limit < needed ? `it needs ${needed} open files, and the limit is ${limit} (ulimit -Hn)` : undefined;
}

/** How many files a process may open, once it has raised its limit as far as it may. */
function fileLimit(): number {
  const hard = /^Max open files +\S+ +(\S+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  return hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
}
