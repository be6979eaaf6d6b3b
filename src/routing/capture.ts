import type { PathPattern, SegmentPattern } from "./path-pattern.ts";

/** Parts of a path by name, still percent-encoded. */
export type Params = Readonly<Record<string, string>>;

/** The parameters of a path that has none. */
export const NO_PARAMS: Params = Object.freeze({});

/** How a pattern's parameters are read from a path that it matches; undefined if it has none. */
export interface Capture {
  /** The name for each segment before the `*`; undefined for a literal one. */
  readonly names: readonly (string | undefined)[];
  readonly isPrefix: boolean;
}

/** What a pattern captures; undefined for a path without parameters and for a regular expression. */
export function captureOf(pattern: PathPattern): Capture | undefined {
  if (pattern.kind === "regex" || pattern.names.length === 0) return undefined;
  return { names: segmentNames(pattern), isPrefix: pattern.kind === "prefix" };
}

/** The parameters as they stand in the path, still percent-encoded; under "*" the rest without its leading "/". */
export function captureSegments({ names, isPrefix }: Capture, path: string): Params {
  const params: Record<string, string> = {};
  let start = 1;
  for (const name of names) {
    const slash = path.indexOf("/", start);
    const end = slash === -1 ? path.length : slash;
    if (name !== undefined) params[name] = path.slice(start, end);
    start = end + 1;
  }
  if (isPrefix) params["*"] = path.slice(start);
  return params;
}

/** The groups of a regular expression by number and by name; one that took no part is left out. */
export function captureGroups(match: RegExpExecArray): Params {
  const params: Record<string, string> = {};
  for (let i = 1; i < match.length; i++) {
    const text = match[i];
    if (text !== undefined) params[i] = text;
  }
  if (match.groups === undefined) return params;
  for (const [name, text] of Object.entries(match.groups)) if (text !== undefined) params[name] = text;
  return params;
}

function segmentNames({ segments }: SegmentPattern): (string | undefined)[] {
  return segments.map((segment) => (segment.kind === "parameter" ? segment.name : undefined));
}
