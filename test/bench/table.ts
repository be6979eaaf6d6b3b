import { type Figure, REFERENCES, type Row } from "./summary.ts";

const HEADINGS: readonly string[] = [
  "",
  "CPU µs/request",
  "requests/s",
  "p50 ms",
  "p99 ms",
  "core",
  ...REFERENCES.map((name) => `CPU × ${name}`),
];

/** An aligned table in plain text, a line for each contender. */
export function textTable(rows: readonly Row[]): string {
  const lines = [HEADINGS, ...rows.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => aligned(line, widths)).join("\n");
}

/** The same as a Markdown table. */
export function markdownTable(rows: readonly Row[]): string {
  const rule = HEADINGS.map((_, column) => (column === 0 ? "---" : "---:"));
  return [HEADINGS, rule, ...rows.map(cells)].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function aligned(line: readonly string[], widths: readonly number[]): string {
  const padded = line.map((cell, column) => {
    const width = widths[column] ?? 0;
    return column === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
  return padded.join("  ").trimEnd();
}

function cells(row: Row): readonly string[] {
  return [
    row.contender,
    withRange(row.cpuUs, 1),
    withRange(row.requestsPerSecond, 0),
    withRange(row.p50Ms, 2),
    withRange(row.p99Ms, 2),
    `${Math.round(row.coreShare.median * 100)} %`,
    ...row.ratios.map((ratio) => (ratio === undefined ? "–" : withRange(ratio, 2))),
  ];
}

function withRange({ median, min, max }: Figure, digits: number): string {
  const [low, middle, high] = [min, median, max].map((value) => value.toFixed(digits));
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}
