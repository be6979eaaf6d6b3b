import { describe, expect, test } from "bun:test";
import { metricsPage } from "../../../src/config/metrics-page.ts";
import { checkShape } from "../../../src/observe/metrics/check-shape.ts";
import { CORE } from "../../../src/observe/metrics/core.ts";
import type { Shape } from "../../../src/observe/metrics/family.ts";
import { readPage } from "../../docs/pages.ts";

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
