import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DashboardFiles } from "./files.ts";

/** In the order in which the rules follow each other. */
const STYLES = ["theme.css", "layout.css", "controls.css", "parts.css", "topology.css", "charts.css"];

/**
 * Puts the dashboard together from the folder `page`: its modules and uPlot become one script, its style sheets one.
 * Bun's bundler does it on other threads, in some 50 ms. Rejects with what is wrong if a module cannot be read.
 */
export async function buildDashboard(): Promise<DashboardFiles> {
  const page = join(import.meta.dir, "page");
  const [html, icon, script, ...styles] = await Promise.all([
    readFile(join(page, "index.html"), "utf8"),
    readFile(join(page, "icon.svg"), "utf8"),
    bundle(join(page, "main.ts")),
    readFile(new URL(import.meta.resolve("uplot/dist/uPlot.min.css")), "utf8"),
    ...STYLES.map((name) => readFile(join(page, "style", name), "utf8")),
  ]);
  return { html, icon, script, style: styles.join("\n") };
}

async function bundle(entry: string): Promise<string> {
  const { outputs } = await Bun.build({ entrypoints: [entry], target: "browser", minify: true });
  const [script] = outputs;
  if (script === undefined) throw new Error("the dashboard has no script");
  return await script.text();
}
