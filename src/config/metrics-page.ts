import { CORE } from "../observe/metrics/core.ts";
import type { Shape } from "../observe/metrics/family.ts";
import { replaceGenerated } from "./generated-part.ts";

/** The text of `docs/metrics.md` with its table as the metrics are now: the rest is written by hand. */
export function metricsPage(page: string): string {
  return replaceGenerated("docs/metrics.md", page, "metrics", metricsTable(Object.values(CORE)));
}

function metricsTable(shapes: readonly Shape[]): string {
  const lines = shapes.map(({ name, type, labels, help }) => {
    const names = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${names} | ${help} |`;
  });
  return ["| metric | type | labels | |", "|---|---|---|---|", ...lines].join("\n");
}
