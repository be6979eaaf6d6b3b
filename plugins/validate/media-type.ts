/** The type of a body, in small letters (RFC 9110 §8.3.1). */
export interface MediaType {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const TYPE = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\/([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?=;|$)/;
const PARAMETER = /\s*;\s*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+)))?\s*/y;
const NONE: ReadonlyMap<string, string> = new Map();

/** Undefined for what is none, and for what readers take for different ones: two parameters of one name, or something else between them. */
export function parseMediaType(text: string): MediaType | undefined {
  const [whole = "", type = "", subtype = ""] = TYPE.exec(text) ?? [];
  if (type === "") return undefined;
  const parameters = whole.length === text.length ? NONE : parametersOf(text, whole.length);
  return parameters && { type: type.toLowerCase(), subtype: subtype.toLowerCase(), parameters };
}

function parametersOf(text: string, start: number): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = start;
  while (PARAMETER.lastIndex < text.length) {
    const match = PARAMETER.exec(text);
    if (match === null) return undefined;
    const [, written, quoted, plain = ""] = match;
    if (written === undefined) continue;
    const name = written.toLowerCase();
    if (parameters.has(name)) return undefined;
    parameters.set(name, quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1"));
  }
  return parameters;
}

/**
 * How well a type is meant by a range such as `image/*` or `application/*+json`: 0 not at all, 4 by its name. One with the range's parameters is
 * meant better than one without, and one with other values of them worse; the charset says nothing of what a type is.
 */
export function matchRange(own: MediaType, range: MediaType): number {
  const rank = matchNames(own, range);
  if (rank === 0 || range.parameters.size === 0) return rank;
  const named = [...range.parameters].filter(([name]) => name !== "charset");
  if (named.length === 0) return rank;
  if (named.every(([name, value]) => own.parameters.get(name) === value)) return rank + 0.5;
  return named.some(([name]) => own.parameters.has(name)) ? rank - 0.5 : rank;
}

function matchNames({ type, subtype }: MediaType, range: MediaType): number {
  if (range.type === "*" && range.subtype === "*") return 1;
  if (range.type !== type) return 0;
  if (range.subtype === subtype) return 4;
  if (range.subtype.startsWith("*+")) return subtype.endsWith(range.subtype.slice(1)) ? 3 : 0;
  return range.subtype === "*" ? 2 : 0;
}

export function isJson({ type, subtype }: MediaType): boolean {
  return (type === "application" && subtype === "json") || subtype.endsWith("+json");
}

/** Whether its text is in UTF-8, which ASCII is too. */
export function isUtf8({ parameters }: MediaType): boolean {
  const charset = parameters.get("charset")?.toLowerCase();
  return charset === undefined || charset === "utf-8" || charset === "utf8" || charset === "us-ascii";
}
