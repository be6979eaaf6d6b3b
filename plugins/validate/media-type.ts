/** The type of a body, in small letters (RFC 9110 §8.3.1). */
export interface MediaType {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const TYPE = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\/([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;|$)/;
const PARAMETER = /;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/g;
const NONE: ReadonlyMap<string, string> = new Map();

/** Undefined for what is none. */
export function parseMediaType(text: string): MediaType | undefined {
  const [, type = "", subtype = ""] = TYPE.exec(text) ?? [];
  if (type === "") return undefined;
  if (!text.includes(";")) return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), parameters: NONE };
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, plain] of text.matchAll(PARAMETER)) {
    parameters.set(name.toLowerCase(), quoted === undefined ? (plain ?? "") : quoted.replace(/\\(.)/g, "$1"));
  }
  return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), parameters };
}

/** How well a type is meant by a range such as `image/*`: 0 not at all, 3 by its name. Parameters of ranges do not count. */
export function matchRange({ type, subtype }: MediaType, range: MediaType): number {
  if (range.type === "*" && range.subtype === "*") return 1;
  if (range.type !== type) return 0;
  if (range.subtype === subtype) return 3;
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
