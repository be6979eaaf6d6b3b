import { decodeUtf8 } from "./json.ts";
import { type MediaType, parseMediaType } from "./media-type.ts";

/** What the head of a part says. */
export interface PartHead {
  readonly name: string;
  readonly isFile: boolean;
  readonly type: MediaType;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** A field without anything that some readers take for its end, or for a part of the one before. */
const FIELD = new RegExp(`^(${TOKEN}):[\\t ]*([\\t\\x20-\\x7e\\u0080-\\u{10ffff}]*)$`, "u");
const PARAMETER = new RegExp(`[\\t ]*;[\\t ]*(?:(${TOKEN})=(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN})))?`, "uy");
const FORM_DATA = /^form-data(?=[\t ;]|$)/i;
const TEXT: MediaType = { type: "text", subtype: "plain", parameters: new Map() };
/** What is sent as it is. */
const PLAIN_CODINGS = new Set(["7bit", "8bit", "binary"]);

/**
 * Reads the head of a part of a `multipart/form-data` body (RFC 7578 §4.2), strictly: what one reader takes for the name and another one
 * does not, nobody has checked. A text says what is wrong with it.
 */
export function readPartHead(bytes: Uint8Array): PartHead | string {
  const fields = new Map<string, string>();
  for (const line of decodeUtf8(bytes).split("\r\n")) {
    const [, written, value = ""] = FIELD.exec(line) ?? [];
    if (written === undefined) return "has a part with a malformed head";
    const name = written.toLowerCase();
    if (fields.has(name)) return `has a part with two fields ${name}`;
    fields.set(name, value.trim());
  }
  const parameters = parametersOf(fields.get("content-disposition") ?? "");
  if (typeof parameters === "string") return parameters;
  const name = parameters.get("name");
  if (name === undefined) return "has a part without a name";
  if (!PLAIN_CODINGS.has((fields.get("content-transfer-encoding") ?? "binary").toLowerCase())) {
    return "has a part in another encoding";
  }
  const written = fields.get("content-type");
  const type = written === undefined ? TEXT : parseMediaType(written);
  if (type === undefined) return "has a part with a malformed type";
  return { name: unescaped(name), isFile: parameters.has("filename") || parameters.has("filename*"), type };
}

/** Those of a disposition, each of which may be there once. */
function parametersOf(disposition: string): ReadonlyMap<string, string> | string {
  const [kind] = FORM_DATA.exec(disposition) ?? [];
  if (kind === undefined) return "has a part without a name";
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = kind.length;
  while (PARAMETER.lastIndex < disposition.length) {
    const match = PARAMETER.exec(disposition);
    if (match === null) return "has a part with a malformed head";
    const [, written, quoted, plain = ""] = match;
    if (written === undefined) continue;
    const name = written.toLowerCase();
    // RFC 7578 §4.2 has no other spelling of it.
    if (parameters.has(name) || name === "name*") return "has a part with two names";
    parameters.set(name, quoted ?? plain);
  }
  return parameters;
}

/** As browsers escape it, and as others do. */
function unescaped(name: string): string {
  return name.replace(/\\(["\\])|%(22|0[dD]|0[aA])/g, (_, escaped?: string, hex?: string) =>
    escaped === undefined ? String.fromCharCode(Number.parseInt(hex ?? "", 16)) : escaped,
  );
}
