import { expect, test } from "bun:test";
import { createNullLogger } from "../../../src/observe/log.ts";
import type { Family } from "../../../src/observe/metrics/family.ts";
import { MetricsRegistry } from "../../../src/observe/metrics/registry.ts";
import { metricsText } from "../../../src/observe/metrics/text.ts";
import { dutyFamilies, meterProcess, processFamilies } from "../../../src/observe/metrics/usage.ts";
import { readExposition } from "../../support/exposition.ts";

const usage = {
  uptimeSeconds: 12.5,
  residentBytes: 1_000_000,
  cpuSeconds: 3.25,
  heapUsedBytes: 300_000,
  heapSizeBytes: 400_000,
  externalBytes: 5_000,
};
const worker = { worker: "2" };
const read = (families: readonly Family[]) => readExposition(metricsText(families, "prometheus"), "prometheus");

test("a process is told in base units, under its worker, with the versions", async () => {
  const metrics = read(processFamilies("2", usage));
  expect(metrics.value("sluice_process_uptime_seconds", worker)).toBe(12.5);
  expect(metrics.value("sluice_process_resident_memory_bytes", worker)).toBe(1_000_000);
  expect(metrics.value("sluice_process_heap_used_bytes", worker)).toBe(300_000);
  expect(metrics.value("sluice_process_heap_size_bytes", worker)).toBe(400_000);
  expect(metrics.value("sluice_process_external_bytes", worker)).toBe(5_000);
  expect(metrics.value("sluice_process_cpu_seconds_total", worker)).toBe(3.25);
  const { version } = (await Bun.file(`${import.meta.dir}/../../../package.json`).json()) as { version: string };
  expect(metrics.value("sluice_build_info", { version, bun: Bun.version })).toBe(1);
});

test("a process has as many open files as are opened", () => {
  const open = () => read(processFamilies("2", usage)).value("sluice_process_open_fds", worker) ?? 0;
  const before = open();
  const listeners = Array.from({ length: 200 }, () =>
    Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } }),
  );
  // Others in this process may open and close some meanwhile.
  expect(open() - before).toBeWithin(150, 250);
  for (const listener of listeners) listener.stop(true);
});

test("a process that serves tells of its clients, over all listeners", () => {
  const listeners = [
    { connections: 2, requests: 10 },
    { connections: 1, requests: 5 },
  ];
  const metrics = read(dutyFamilies("2", { inFlight: 4, listeners }));
  expect(metrics.value("sluice_process_requests_in_flight", worker)).toBe(4);
  expect(metrics.value("sluice_process_connections", worker)).toBe(3);
  expect(metrics.value("sluice_process_requests_total", worker)).toBe(15);
});

test("a registry tells of the process until that is ended", () => {
  const registry = new MetricsRegistry(createNullLogger());
  const stop = meterProcess(registry, "2", () => usage);
  const names = registry.collect().map(({ name }) => name);
  expect(names).toContain("sluice_process_uptime_seconds");
  expect(names).toContain("sluice_process_loop_lag_seconds");
  stop();
  expect(registry.collect()).toEqual([]);
});
