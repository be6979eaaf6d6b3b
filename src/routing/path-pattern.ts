import { canonicalPath, matchForm } from "../message/path.ts";
import { parseRegex, type RegexPattern } from "./regex.ts";

/** One part of a pattern between two slashes: text, or a parameter that stands for any one segment but an empty one. */
export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "parameter"; readonly name: string };

/** A pattern made of segments; those of a prefix are what stands before its `*`. */
export interface SegmentPattern {
  readonly kind: "exact" | "parameter" | "prefix";
  readonly segments: readonly Segment[];
  /** The parameters that a match gives; a prefix has "*" too. */
  readonly names: readonly string[];
}

/** The `path` of a route, read. */
export type PathPattern = SegmentPattern | RegexPattern;

/**
 * Reads the `path` of a route.
 *
 * `/users` is that path alone. `/users/*` is `/users`, `/users/` and all below, and never `/usersx`; `/*` or `*` is
 * everything. `:id` takes one segment, which is not empty. After `~` stands a regular expression. Literal text is
 * brought into the form in which requests are compared, so `/café` and `/caf%c3%a9` are one.
 *
 * Throws TypeError, with words for the operator, on a pattern that is malformed.
 */
export function parsePattern(path: string): PathPattern {
  if (path.startsWith("~")) return parseRegex(path.slice(1));
  if (path === "*") return { kind: "prefix", segments: [], names: ["*"] };
  checkPath(path);
  const texts = path.slice(1).split("/");
  const isPrefix = texts.at(-1) === "*";
  if (isPrefix) texts.pop();
  const segments = texts.map(parseSegment);
  const names = parameterNames(segments);
  if (isPrefix) return { kind: "prefix", segments, names: [...names, "*"] };
  return { kind: names.length > 0 ? "parameter" : "exact", segments, names };
}

/** The segments of literal text such as `/api/v1`, in the form in which requests are compared. Throws TypeError. */
export function literalSegments(path: string): string[] {
  checkPath(path);
  const trimmed = path.replace(/\/+$/, "");
  return trimmed === "" ? [] : trimmed.slice(1).split("/").map(literalText);
}

/** Text with all but visible ASCII percent-encoded as UTF-8, as it would come in a request. */
export function percentEncode(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]+/gu, encodeURIComponent);
}

function checkPath(path: string): void {
  if (!path.startsWith("/")) throw new TypeError(`expected a path that begins with /, found ${JSON.stringify(path)}`);
  if (path.includes("?")) throw new TypeError(`expected a path without a query, found ${JSON.stringify(path)}`);
  if (path.includes("#")) throw new TypeError(`expected a path without a fragment, found ${JSON.stringify(path)}`);
}

function parseSegment(text: string): Segment {
  if (!text.startsWith(":")) return { kind: "literal", text: literalText(text) };
  const name = text.slice(1);
  if (!NAME.test(name) || name === "__proto__") {
    throw new TypeError(
      `expected the name of a parameter (letters, digits and _) after the colon, found ${JSON.stringify(text)}`,
    );
  }
  return { kind: "parameter", name };
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function literalText(text: string): string {
  if (text.includes("*")) throw new TypeError(`expected * as the whole last segment, found ${JSON.stringify(text)}`);
  const canonical = canonicalPath(`/${percentEncode(text)}`);
  if (canonical === undefined) throw new TypeError(`expected a segment of a path, found ${JSON.stringify(text)}`);
  if (canonical === "/" && text !== "") {
    throw new TypeError(`dot segments are resolved before a path is matched, found ${JSON.stringify(text)}`);
  }
  return matchForm(canonical).slice(1);
}

function parameterNames(segments: readonly Segment[]): string[] {
  const names: string[] = [];
  for (const segment of segments) {
    if (segment.kind === "literal") continue;
    if (names.includes(segment.name)) {
      throw new TypeError(`expected each parameter once, found ":${segment.name}" twice`);
    }
    names.push(segment.name);
  }
  return names;
}
