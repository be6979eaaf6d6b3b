import { type KeyPath, pathText } from "./key-path.ts";
import { lineOf, type Place, positionOf } from "./source.ts";

export type Severity = "error" | "warning";

/** One mistake in a configuration, with its place. */
export interface Problem {
  /** As people see it, relative to where they started the command. */
  readonly file: string;
  /** Counted from 1; 0 if the problem is the file itself. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units; 0 if the problem is the file itself. */
  readonly column: number;
  readonly severity: Severity;
  /** The value's path in its file, like `routes[0].service`; empty for the whole file. */
  readonly path: string;
  /** What was expected and what was found; never a value that came from a variable or a secret file. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string | undefined;
  /** Text of the line. */
  readonly excerpt: string | undefined;
}

/** A problem at a place in a file. */
export function problemAt(
  place: Place,
  path: KeyPath | undefined,
  message: string,
  hint?: string,
  severity: Severity = "error",
): Problem {
  const { line, column } = positionOf(place);
  const excerpt = lineOf(place.source, line);
  return { file: place.source.name, line, column, severity, path: pathText(path), message, hint, excerpt };
}

/** A problem with a file as a whole: it cannot be read, for example. */
export function fileProblem(file: string, message: string): Problem {
  return { file, line: 0, column: 0, severity: "error", path: "", message, hint: undefined, excerpt: undefined };
}

/** Problems as they are reported: file by file in the order given, from top to bottom, none twice. */
export function sortProblems(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const rank = new Map(files.map((file, index) => [file, index]));
  const order = (problem: Problem) => rank.get(problem.file) ?? files.length;
  const unique = new Map(problems.map((problem) => [identity(problem), problem]));
  return [...unique.values()].sort((a, b) => order(a) - order(b) || a.line - b.line || a.column - b.column);
}

function identity({ file, line, column, message }: Problem): string {
  return JSON.stringify([file, line, column, message]);
}
