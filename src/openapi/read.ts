import { gunzipSync } from "node:zlib";
import { withoutSelf } from "./files/self.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { parseYaml } from "./parse-yaml.ts";
import { upgradedInPlace, versionOf } from "./upgrade.ts";

/** A document that can be merged, and the version in which it was written. */
export interface ReadDocument {
  readonly document: JsonObject;
  readonly version: string;
  /** Whether the bytes are JSON of that document as it is: nothing was upgraded. */
  readonly isAsWritten: boolean;
}

/** Deeper than any document that people or programs write: whoever walks it would run out of stack. */
const MOST_DEPTH = 400;

/** Of a document: the largest that are known have a third of it. What comes to more takes hundreds of bytes for each in a merge. */
const MOST_PARTS = 2_000_000;

/** Reads a document, JSON or YAML, of any version. Throws Error with a text for people. */
export function readDocument(bytes: Uint8Array): ReadDocument {
  const { value: parsed, isJson } = parse(textOf(bytes));
  const version = versionOf(parsed);
  if (version === undefined || !isObject(parsed)) throw new Error(unknownVersion(parsed));
  // Nobody else has what was just parsed.
  const document = withoutSelf(upgradedInPlace(parsed));
  return { document, version, isAsWritten: isJson && document === parsed };
}

const MOST_UNPACKED = 256 * 1_048_576;

/** Reads one that was compressed by gzip. Throws Error, too, if it becomes too long. */
export function unpackDocument(bytes: Uint8Array): ReadDocument {
  return readDocument(gunzipSync(bytes, { maxOutputLength: MOST_UNPACKED }));
}

/** What a file says, JSON or YAML. Throws Error with a text for people. */
export function parseContent(bytes: Uint8Array): Json {
  return parse(textOf(bytes)).value;
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("it is not UTF-8 text");
  }
}

function parse(text: string): { readonly value: Json; readonly isJson: boolean } {
  const first = /\S/.exec(text)?.[0];
  if (first === undefined) throw new Error("it is empty");
  if (first === "<") throw new Error("it is a page, neither JSON nor YAML");
  const json = first === "{" || first === "[" ? parseJson(text) : undefined;
  const value = json ?? parseYaml(text);
  const fault = faultOf(value);
  if (fault !== undefined) throw new Error(fault);
  return { value, isJson: json !== undefined };
}

/** Undefined for what is no JSON: a map of YAML may begin the same way. */
function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What makes it too much to walk. On the way this takes out what would be no key of a copy, but its prototype. */
function faultOf(value: Json): string | undefined {
  let level: readonly object[] = isTree(value) ? [value] : [];
  let parts = 0;
  for (let depth = 0; level.length > 0; depth++) {
    parts += level.length;
    if (depth >= MOST_DEPTH) return `it is nested more than ${MOST_DEPTH} deep`;
    if (parts > MOST_PARTS) return `it has more than ${MOST_PARTS} objects and lists`;
    const next: object[] = [];
    for (const one of level) {
      if (Object.hasOwn(one, "__proto__")) Reflect.deleteProperty(one, "__proto__");
      for (const inner of Object.values(one)) if (isTree(inner)) next.push(inner);
    }
    level = next;
  }
  return undefined;
}

function isTree(value: Json): value is JsonObject | readonly Json[] {
  return typeof value === "object" && value !== null;
}

function unknownVersion(parsed: Json): string {
  const written = isObject(parsed) ? (parsed.openapi ?? parsed.swagger) : undefined;
  if (written === undefined) return 'it is no OpenAPI document: it has neither openapi: 3.x nor swagger: "2.0"';
  return `it is written in OpenAPI ${JSON.stringify(written).slice(0, 40)}; 2.0, 3.0, 3.1 and 3.2 are known`;
}
