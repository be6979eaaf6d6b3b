import { dirname } from "node:path";

/** A configuration file's text, and where its lines begin. */
export interface Source {
  /** As people see it in problems: relative to where they started the command. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Folder of the file: relative paths that are written in it start there. */
  readonly directory: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
}

/** A place in a source: an offset in UTF-16 units, as editors count. */
export interface Place {
  readonly source: Source;
  readonly offset: number;
}

/** A source from a text that was read; `path` is absolute. */
export function createSource(name: string, path: string, text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  return { name, path, directory: dirname(path), text, lineStarts };
}

/** Line and column of a place, both counted from 1. */
export function positionOf({ source, offset }: Place): { readonly line: number; readonly column: number } {
  const { lineStarts } = source;
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lineStarts[low] as number) + 1 };
}

/** The text of a line, counted from 1, without its line end. */
export function lineOf(source: Source, line: number): string {
  const start = source.lineStarts[line - 1];
  if (start === undefined) return "";
  const end = source.lineStarts[line] ?? source.text.length;
  return source.text.slice(start, end).replace(/\r?\n$/, "");
}
