import { GatewayError } from "../../src/plugin.ts";
import { type MediaType, parseMediaType } from "./media-type.ts";

/** One part of a `multipart/form-data` body (RFC 7578). */
export interface Part {
  readonly name: string;
  readonly isFile: boolean;
  readonly type: MediaType;
  readonly content: Buffer;
}

const MOST_PARTS = 1_000;
const LONGEST_HEAD = 8_192;
const NAME = /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i;
const FILE = /;\s*filename\*?=/i;
const TEXT: MediaType = { type: "text", subtype: "plain", parameters: new Map() };
/** RFC 2046 §5.1.1. */
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{1,70}$/;

/** All parts of a body. Throws `bad_request` for one that breaks the rules. */
export function parseMultipart(bytes: Uint8Array, { parameters }: MediaType): readonly Part[] {
  const boundary = parameters.get("boundary") ?? "";
  if (!BOUNDARY.test(boundary)) throw malformed("has no valid boundary");
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const delimiter = `\r\n--${boundary}`;
  // What stands before the first delimiter means nothing (RFC 2046 §5.1.1).
  let at = body.indexOf(delimiter.slice(2));
  if (at > 0) at = body.indexOf(delimiter) + 2;
  if (at < 0 || (at === 1 && body.indexOf(delimiter) < 0)) throw malformed("does not begin with its boundary");
  at += delimiter.length - 2;
  const parts: Part[] = [];
  while (body.toString("latin1", at, at + 2) !== "--") {
    if (parts.length === MOST_PARTS) throw malformed(`has more than ${MOST_PARTS} parts`);
    const start = afterLine(body, at);
    const end = body.indexOf(delimiter, start - 2);
    if (end < 0) throw malformed("ends before its last boundary");
    parts.push(partOf(body.subarray(start, Math.max(start, end))));
    at = end + delimiter.length;
  }
  return parts;
}

/** A delimiter may be followed by blanks. */
function afterLine(body: Buffer, start: number): number {
  let at = start;
  while (body[at] === 0x20 || body[at] === 0x09) at++;
  if (body[at] !== 0x0d || body[at + 1] !== 0x0a) throw malformed("has something after a boundary");
  return at + 2;
}

function partOf(part: Buffer): Part {
  const end = part.indexOf("\r\n\r\n");
  if (end < 0 || end > LONGEST_HEAD) throw malformed("has a part without a head, or with one that is too long");
  let disposition: string | undefined;
  let type = TEXT;
  for (const line of part.toString("utf8", 0, end).split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "content-disposition") {
      if (disposition !== undefined) throw malformed("has a part with two names");
      disposition = value;
    }
    if (name === "content-type") type = parseMediaType(value) ?? type;
  }
  if (disposition === undefined || !/^form-data\b/i.test(disposition)) throw malformed("has a part without a name");
  const [, quoted, plain] = NAME.exec(disposition) ?? [];
  const written = quoted ?? plain;
  if (written === undefined) throw malformed("has a part without a name");
  const name = written.replace(/\\(["\\])|%(22|0[dD]|0[aA])/g, (_, escaped?: string, hex?: string) =>
    escaped === undefined ? String.fromCharCode(Number.parseInt(hex ?? "", 16)) : escaped,
  );
  return { name, isFile: FILE.test(disposition), type, content: part.subarray(end + 4) };
}

function malformed(what: string): GatewayError {
  return new GatewayError("bad_request", { detail: `The multipart body ${what}` });
}
