import { readdirSync, statSync } from "node:fs";
import { version } from "../../../package.json";
import { CORE, familyOf } from "./core.ts";
import type { CounterShape, Family, GaugeShape } from "./family.ts";
import { LoopWatch } from "./loop-watch.ts";
import type { MetricsRegistry } from "./registry.ts";

/** What the system says of a process. */
export interface ProcessUsage {
  /** Since it started. */
  readonly uptimeSeconds: number;
  readonly residentBytes: number;
  /** User and system. */
  readonly cpuSeconds: number;
  /** Of the heap of JavaScript: what is in use, and what is kept for it. */
  readonly heapUsedBytes: number;
  readonly heapSizeBytes: number;
  /** Of buffers beside the heap. */
  readonly externalBytes: number;
}

/** What a process that serves has to do at the moment. */
export interface ProcessDuty {
  readonly inFlight: number;
  readonly listeners: readonly { readonly connections: number; readonly requests: number }[];
}

/** The metrics of the one process of a gateway, or of the parent of its workers, say this for their `worker`. */
export const MAIN = "main";

/** Has the registry tell of this process from now on, under that `worker`. The answered function ends that. */
export function meterProcess(metrics: MetricsRegistry, worker: string, usage: () => ProcessUsage): () => void {
  const loop = new LoopWatch(worker);
  const stopCollecting = metrics.addCollector(() => [...processFamilies(worker, usage()), ...loop.families()]);
  return () => {
    stopCollecting();
    loop.stop();
  };
}

/** What the system says of a process, as metrics. */
export function processFamilies(worker: string, usage: ProcessUsage): readonly Family[] {
  const labels = [worker];
  const single = (shape: CounterShape | GaugeShape, value: number) => familyOf(shape, [{ labels, value }]);
  const openFiles = countOpenFiles();
  return [
    single(CORE.uptime, usage.uptimeSeconds),
    single(CORE.residentMemory, usage.residentBytes),
    single(CORE.heapUsed, usage.heapUsedBytes),
    single(CORE.heapSize, usage.heapSizeBytes),
    single(CORE.external, usage.externalBytes),
    single(CORE.cpu, usage.cpuSeconds),
    ...(openFiles === undefined ? [] : [single(CORE.openFiles, openFiles)]),
    familyOf(CORE.build, [{ labels: [version, Bun.version], value: 1 }]),
  ];
}

/** What a process that serves has to do, as metrics. */
export function dutyFamilies(worker: string, { inFlight, listeners }: ProcessDuty): readonly Family[] {
  const labels = [worker];
  const sumOf = (key: "connections" | "requests") => listeners.reduce((sum, listener) => sum + listener[key], 0);
  return [
    familyOf(CORE.processInFlight, [{ labels, value: inFlight }]),
    familyOf(CORE.processConnections, [{ labels, value: sumOf("connections") }]),
    familyOf(CORE.processRequests, [{ labels, value: sumOf("requests") }]),
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
