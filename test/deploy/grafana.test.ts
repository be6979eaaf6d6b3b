import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { at, type Json, PROJECT, readYaml, textOf } from "./files.ts";
import { knownSamples, withoutVariables } from "./known-samples.ts";
import { Expression } from "./promql.ts";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: Box;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly refId: string }[];
}

const text = textOf("grafana", "dashboards", "sluice.json");
const dashboard = JSON.parse(text) as Json;
const panels = dashboard.panels as readonly Panel[];
const variables = at(dashboard, "templating", "list") as readonly Json[];
const samples = await knownSamples();

mkdirSync(join(PROJECT, ".cache"), { recursive: true });
const folder = mkdtempSync(join(PROJECT, ".cache/grafana-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Types of Grafana's own package; texts of an enumeration are what JSON has in the place of its members. */
const PROGRAM = `import type { Dashboard } from "@grafana/schema";
import type { Options as Stat } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as TimeSeries } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";
import type { GraphFieldConfig } from "@grafana/schema";
type Plain<T> = T extends string ? \`\${T}\` : T extends object ? { readonly [K in keyof T]: Plain<T[K]> } : T;
`;

/** What the compiler says of the dashboard as a value of Grafana's types. */
async function typeFaults(value: Json): Promise<string> {
  const all = value.panels as readonly Json[];
  const of = (type: string) => all.filter((panel) => panel.type === type);
  const fields = of("timeseries").map((panel) => at(panel, "fieldConfig", "defaults", "custom"));
  const source = `${PROGRAM}
export const dashboard: Plain<Dashboard> = ${JSON.stringify(value)};
export const stats: readonly Plain<Partial<Stat>>[] = ${JSON.stringify(of("stat").map(({ options }) => options))};
export const series: readonly Plain<Partial<TimeSeries>>[] = ${JSON.stringify(of("timeseries").map(({ options }) => options))};
export const fields: readonly Plain<Partial<GraphFieldConfig>>[] = ${JSON.stringify(fields)};
`;
  await Bun.write(join(folder, "dashboard.ts"), source);
  const config = { extends: "../../tsconfig.json", compilerOptions: { skipLibCheck: true }, include: ["*.ts"] };
  await Bun.write(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = Bun.spawn([join(PROJECT, "node_modules/.bin/tsc"), "-p", folder], { stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([tsc.stdout.text(), tsc.stderr.text()]);
  await tsc.exited;
  return out + err;
}

describe("the Grafana dashboard", () => {
  test("is what Grafana's types say, down to the options of each panel", async () => {
    expect(await typeFaults(dashboard)).toBe("");
    const wrong = structuredClone(dashboard) as { panels: { type: string; options?: Record<string, unknown> }[] };
    const stat = wrong.panels.find(({ type }) => type === "stat");
    if (stat?.options !== undefined) stat.options.colourMode = "value";
    expect(await typeFaults({ ...wrong, titel: "Sluice" })).toMatch(/titel[\s\S]*colourMode/);
  });

  test("has a place of its own for every panel, an id, and words on what it shows", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [i, one] of panels.entries()) {
      expect(one.gridPos.x + one.gridPos.w).toBeLessThanOrEqual(24);
      for (const other of panels.slice(i + 1)) expect([one.title, other.title, overlap(one, other)]).toContain(false);
      if (one.type !== "row") expect(one.description).toMatch(/^[A-Z0-9].*\.$/);
    }
    expect(panels.length).toBeGreaterThan(30);
  });

  const shown = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));
  test.each(shown.map(({ title, refId, ...target }) => [title, refId, target] as const))(
    "%s (%s) is about metrics that there are",
    (_title, _refId, { expr, legendFormat }) => {
      const expression = new Expression(withoutVariables(expr), samples);
      expect(expression.faults).toEqual([]);
      for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        expect([...expression.labels]).toContain(label);
    },
  );

  test("uses no variable that it does not have, and finds their values in labels that there are", () => {
    const names = variables.map(({ name }) => String(name));
    const used = [...text.matchAll(/\$\{?([a-z_]+)/g)].map(([, name = ""]) => name);
    const builtIn = ["__rate_interval", "__range", "__all"];
    expect(used.filter((name) => !names.includes(name) && !builtIn.includes(name))).toEqual([]);
    expect(names.filter((name) => !used.includes(name))).toEqual([]);
    for (const { query } of variables.filter(({ type }) => type === "query")) {
      const [, selector = "", label = ""] = /^label_values\((.+), (\w+)\)$/.exec(String(at(query, "query"))) ?? [];
      const expression = new Expression(selector, samples);
      expect(expression.faults).toEqual([]);
      expect([...expression.labels]).toContain(label);
    }
  });

  test("asks the source of data that is provisioned", () => {
    const [sources] = readYaml("grafana", "provisioning", "datasources", "prometheus.yml");
    const [variable] = variables;
    expect(at(variable, "current", "value")).toBe(at(sources, "datasources", 0, "uid") as string);
    const [providers] = readYaml("grafana", "provisioning", "dashboards", "sluice.yml");
    expect(at(providers, "providers", 0, "type")).toBe("file");
  });
});

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
