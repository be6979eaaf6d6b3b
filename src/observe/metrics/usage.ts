import { readdirSync, statSync } from "node:fs";
import { version } from "../../../package.json";
import { CORE, familyOf } from "./core.ts";
import type { Family } from "./family.ts";

/** What the system says of a process. */
export interface ProcessUsage {
  /** Since it started. */
  readonly uptimeSeconds: number;
  readonly residentBytes: number;
  /** User and system. */
  readonly cpuSeconds: number;
}

/** The metrics of a process. */
export function processFamilies({ uptimeSeconds, residentBytes, cpuSeconds }: ProcessUsage): readonly Family[] {
  const single = (value: number) => [{ labels: [], value }];
  const openFiles = countOpenFiles();
  return [
    familyOf(CORE.uptime, single(uptimeSeconds)),
    familyOf(CORE.residentMemory, single(residentBytes)),
    familyOf(CORE.cpu, single(cpuSeconds)),
    familyOf(CORE.openFiles, openFiles === undefined ? [] : single(openFiles)),
    familyOf(CORE.build, [{ labels: [version, Bun.version], value: 1 }]),
  ];
}

const DESCRIPTORS = "/proc/self/fd";

/** Since Linux 6.2 the folder's size is their number; before, it has to be read. Undefined on other systems. */
function countOpenFiles(): number | undefined {
  try {
    return statSync(DESCRIPTORS).size || readdirSync(DESCRIPTORS).length;
  } catch {
    return undefined;
  }
}
