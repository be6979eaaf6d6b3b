import type { Problem } from "./problem.ts";

/** Columns of a quoted line that are shown. */
const SHOWN_WIDTH = 110;

interface Paint {
  readonly bold: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly severity: (problem: Problem) => string;
}

const PLAIN: Paint = { bold: (text) => text, faint: (text) => text, severity: (problem) => problem.severity };

const COLOURED: Paint = {
  bold: (text) => `\u001b[1m${text}\u001b[0m`,
  faint: (text) => `\u001b[2m${text}\u001b[0m`,
  severity: ({ severity }) => `\u001b[${severity === "error" ? 31 : 33}m${severity}\u001b[0m`,
};

/**
 * A problem as people read it: `FILE:LINE:COLUMN SEVERITY PATH: MESSAGE`, then the line with a caret below the place,
 * then the hint. Ends with a line end.
 */
export function formatProblem(problem: Problem, isColoured: boolean): string {
  const paint = isColoured ? COLOURED : PLAIN;
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === "" ? "" : `${problem.path}: `;
  const colon = problem.line === 0 ? ":" : "";
  const text = printable(`${path}${problem.message}`);
  const lines = [`${paint.bold(printable(place) + colon)} ${paint.severity(problem)} ${text}`];
  if (problem.excerpt !== undefined) lines.push(...quote(problem, problem.excerpt, paint));
  if (problem.hint !== undefined) lines.push(`      ${printable(problem.hint)}`);
  return `${lines.join("\n")}\n`;
}

/** All problems, a blank line between two. */
export function formatProblems(problems: readonly Problem[], isColoured: boolean): string {
  return problems.map((problem) => formatProblem(problem, isColoured)).join("\n");
}

/** `3 errors and 1 warning`. */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  if (warnings === 0) return counted(errors, "error");
  if (errors === 0) return counted(warnings, "warning");
  return `${counted(errors, "error")} and ${counted(warnings, "warning")}`;
}

/** `1 route`, `2 routes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function quote(problem: Problem, excerpt: string, paint: Paint): string[] {
  const index = problem.column - 1;
  const from = index < SHOWN_WIDTH ? 0 : index - SHOWN_WIDTH / 2;
  const shown = printable(excerpt.slice(from, from + SHOWN_WIDTH));
  const number = String(problem.line);
  const padding = shown.slice(0, index - from).replace(/[^\t]/g, " ");
  const margin = `    ${" ".repeat(number.length)} |`;
  return [paint.faint(`    ${number} | ${shown}`), `${paint.faint(margin)} ${padding}${paint.bold("^")}`];
}

/** Control characters of a file must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => (char === "\t" ? char : "\ufffd"));
}
