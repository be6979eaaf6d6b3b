import { STATUS_CODES } from "node:http";
import type { HeadBuffer } from "../http1/head-buffer.ts";
import { isHopByHop } from "../http1/hop.ts";
import { statusLine } from "../http1/status-line.ts";
import type { WriteFraming } from "../http1/writer.ts";
import type { HeaderList } from "../message/headers.ts";
import type { Reply } from "../message/reply.ts";

/** Sent on behalf of whoever wants a body that the client holds back (RFC 9110 §15.2.1). */
export const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** Composes the head of a reply to an HTTP/1 client (RFC 9112 §4). */
export function writeReplyHead(
  head: HeadBuffer,
  reply: Reply,
  framing: WriteFraming,
  method: string,
  connection: string,
): void {
  const known = statusLine(reply.status);
  head.begin();
  if (known !== undefined && (reply.reason === undefined || reply.reason === known.reason)) head.all(known.line);
  else head.text(`HTTP/1.1 ${reply.status} ${reply.reason ?? ""}\r\n`);
  const { wire } = reply.headers;
  if (wire !== undefined) wire.copyTo(head);
  const hasDate = writeFields(head, wire === undefined ? reply.headers.flat : reply.headers.added);
  if (!hasDate && wire?.hasDate !== true) head.all(dateLine());
  if (reply.status === 426) writeUpgrade(head, reply.headers);
  writeFraming(head, reply, framing, method);
  head.text(connection);
}

/** What a 426 is about goes on, unlike any other Upgrade of a response (RFC 9110 §15.5.22). */
function writeUpgrade(head: HeadBuffer, headers: HeaderList): void {
  const protocols = headers.getAll("upgrade").join(", ");
  if (protocols !== "") head.text(`connection: upgrade\r\nupgrade: ${protocols}\r\n`);
}

/** Adds the fields that go on; whether Date is among them. */
function writeFields(head: HeadBuffer, flat: readonly string[]): boolean {
  let hasDate = false;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (isHopByHop(name)) continue;
    if (name === "date") hasDate = true;
    head
      .text(name)
      .text(": ")
      .text(flat[i + 1] as string)
      .text("\r\n");
  }
  return hasDate;
}

/** The `connection` field and the end of a head: what one connection, not one reply, decides. */
export function connectionField(isClosing: boolean, minorVersion: number): string {
  if (isClosing) return "connection: close\r\n\r\n";
  return minorVersion === 0 ? "connection: keep-alive\r\n\r\n" : "\r\n";
}

/** An interim response (RFC 9110 §15.2): latin1, with the empty line. */
export function interimHead(status: number, reason: string, headers: HeaderList): string {
  const { flat } = headers;
  let head = `HTTP/1.1 ${status} ${reason === "" ? (STATUS_CODES[status] ?? "") : reason}\r\n`;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (!isHopByHop(name)) head += `${name}: ${flat[i + 1]}\r\n`;
  }
  return `${head}\r\n`;
}

/** The 101 to a client that switches to another protocol (RFC 9110 §15.2.2): latin1, with the empty line. */
export function switchingHead({ headers, reason }: Reply, protocol: string): string {
  const { flat } = headers;
  let head = `HTTP/1.1 101 ${reason === undefined || reason === "" ? STATUS_CODES[101] : reason}\r\n`;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (!isHopByHop(name)) head += `${name}: ${flat[i + 1]}\r\n`;
  }
  return `${head}connection: Upgrade\r\nupgrade: ${headers.get("upgrade") ?? protocol}\r\n\r\n`;
}

function writeFraming(head: HeadBuffer, reply: Reply, framing: WriteFraming, method: string): void {
  if (framing === "chunked") head.text("transfer-encoding: chunked\r\n");
  if (framing === "length")
    head
      .text("content-length: ")
      .number(reply.body.length ?? 0)
      .text("\r\n");
  if (framing !== "none") return;
  const length = promisedLength(reply, method);
  if (length !== undefined) head.text("content-length: ").text(length).text("\r\n");
}

/** RFC 9110 §8.6: to HEAD, and in a 304, the length that GET would have; never in a 204. */
export function promisedLength(reply: Reply, method: string): string | undefined {
  if (reply.status === 204 || reply.status < 200) return undefined;
  return reply.headers.get("content-length") ?? (method === "HEAD" ? lengthOf(reply) : undefined);
}

function lengthOf(reply: Reply): string | undefined {
  return reply.body.isEmpty ? undefined : reply.body.length?.toString();
}

let dateSecond = 0;
let dateBytes = Buffer.alloc(0);

/** The field Date of now (RFC 9110 §5.6.7); made once a second. */
function dateLine(): Buffer {
  const second = Math.floor(Date.now() / 1_000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateBytes = Buffer.from(`date: ${new Date(second * 1_000).toUTCString()}\r\n`, "latin1");
  }
  return dateBytes;
}
