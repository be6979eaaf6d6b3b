import { GatewayError } from "../../src/plugin.ts";
import type { MediaType } from "./media-type.ts";
import { type PartHead, readPartHead } from "./part-head.ts";

/** One part of a `multipart/form-data` body (RFC 7578). */
export interface Part extends PartHead {
  readonly content: Buffer;
}

const MOST_PARTS = 1_000;
const LONGEST_HEAD = 8_192;
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
  const head = readPartHead(part.subarray(0, end));
  if (typeof head === "string") throw malformed(head);
  return { ...head, content: part.subarray(end + 4) };
}

function malformed(what: string): GatewayError {
  return new GatewayError("bad_request", { detail: `The multipart body ${what}` });
}
