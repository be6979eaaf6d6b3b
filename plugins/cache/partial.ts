import { Body, Reply } from "../../src/plugin.ts";
import type { Part } from "./rules/range.ts";

/** One part of a stored content (RFC 9110 §15.3.7.1). */
export function rangeReply({ headers }: Reply, content: Uint8Array, { start, end }: Part): Reply {
  headers.set("content-range", contentRange(start, end, content.byteLength));
  return new Reply(206, headers, Body.of(content.subarray(start, end)));
}

/** Several parts of a stored content, each with its place (RFC 9110 §15.3.7.2). */
export function multipart({ headers }: Reply, content: Uint8Array, parts: readonly Part[]): Reply {
  const boundary = crypto.randomUUID().replaceAll("-", "");
  const type = headers.get("content-type");
  const pieces: Uint8Array[] = [];
  for (const { start, end } of parts) {
    const typeLine = type === undefined ? "" : `content-type: ${type}\r\n`;
    const range = contentRange(start, end, content.byteLength);
    pieces.push(Buffer.from(`\r\n--${boundary}\r\n${typeLine}content-range: ${range}\r\n\r\n`, "latin1"));
    pieces.push(content.subarray(start, end));
  }
  pieces.push(Buffer.from(`\r\n--${boundary}--\r\n`));
  headers.set("content-type", `multipart/byteranges; boundary=${boundary}`);
  return new Reply(206, headers, Body.of(Buffer.concat(pieces)));
}

/** Nothing of what is asked for is there (RFC 9110 §15.5.17). */
export function unsatisfiable({ headers }: Reply, length: number): Reply {
  headers.deleteWhere((name) => name.startsWith("content-"));
  headers.set("content-range", `bytes */${length}`);
  return new Reply(416, headers, Body.empty);
}

/** A Content-Range (RFC 9110 §14.4): bytes from `start` to before `end`, of so many. */
export function contentRange(start: number, end: number, length: number): string {
  return `bytes ${start}-${end - 1}/${length}`;
}
