import { describe, expect, test } from "bun:test";
import { metricsPage } from "../../../src/config/metrics-page.ts";
import { createNullLogger } from "../../../src/observe/log.ts";
import { checkShape } from "../../../src/observe/metrics/check-shape.ts";
import { CORE } from "../../../src/observe/metrics/core.ts";
import type { Shape } from "../../../src/observe/metrics/family.ts";
import { MetricsRegistry } from "../../../src/observe/metrics/registry.ts";
import { metricsText } from "../../../src/observe/metrics/text.ts";
import { processFamilies } from "../../../src/observe/metrics/usage.ts";
import { readPage } from "../../docs/pages.ts";
import { readExposition } from "../../support/exposition.ts";

const shapes: readonly Shape[] = Object.values(CORE);

describe("the gateway's own metrics", () => {
  test.each(shapes.map((shape) => [shape.name, shape] as const))("%s can be one", (name, shape) => {
    expect(name).toMatch(/^sluice_[a-z_]+$/);
    expect(shape.help).toMatch(/^[A-Z1].*\.$/);
    checkShape(shape);
  });

  test("have names of their own", () => {
    expect(new Set(shapes.map(({ name }) => name)).size).toBe(shapes.length);
  });

  test("have a row each in docs/metrics.md, which says which gauges are not added", () => {
    const page = readPage("docs/metrics.md").text;
    expect(metricsPage(page)).toBe(page);
    for (const { name, type } of shapes) expect(page).toContain(`| \`${name}\` | ${type} | `);
    const [, several = ""] = page.split("## Several processes");
    const others = shapes.filter((shape) => shape.type === "gauge" && shape.together !== "sum");
    expect(others.map(({ name }) => name).filter((name) => !several.includes(`\`${name}\``))).toEqual([]);
  });
});

describe("the process", () => {
  const usage = { uptimeSeconds: 12.5, residentBytes: 1_000_000, cpuSeconds: 3.25 };

  test("is told in base units, with the versions", async () => {
    const read = readExposition(metricsText(processFamilies(usage), "prometheus"), "prometheus");
    expect(read.value("sluice_process_uptime_seconds")).toBe(12.5);
    expect(read.value("sluice_process_resident_memory_bytes")).toBe(1_000_000);
    expect(read.value("sluice_process_cpu_seconds_total")).toBe(3.25);
    const { version } = (await Bun.file(`${import.meta.dir}/../../../package.json`).json()) as { version: string };
    expect(read.value("sluice_build_info", { version, bun: Bun.version })).toBe(1);
  });

  test("has as many open files as are opened", async () => {
    const registry = new MetricsRegistry(createNullLogger());
    registry.addCollector(() => processFamilies(usage));
    const open = () =>
      readExposition(metricsText(registry.collect(), "prometheus"), "prometheus").value("sluice_process_open_fds") ?? 0;
    const before = open();
    const listeners = Array.from({ length: 20 }, () =>
      Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } }),
    );
    expect(open() - before).toBeWithin(20, 30);
    for (const listener of listeners) listener.stop(true);
  });
});
