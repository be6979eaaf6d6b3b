import { STATUS_CODES } from "node:http";
import { isHopByHop } from "../http1/hop.ts";
import type { WriteFraming } from "../http1/writer.ts";
import type { HeaderList } from "../message/headers.ts";
import type { Reply } from "../message/reply.ts";

/** Sent on behalf of whoever wants a body that the client holds back (RFC 9110 §15.2.1). */
export const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** The head of a reply to an HTTP/1 client (RFC 9112 §4): latin1, with the empty line. */
export function replyHead(reply: Reply, framing: WriteFraming, method: string): string {
  const { flat } = reply.headers;
  let head = `HTTP/1.1 ${reply.status} ${reply.reason ?? STATUS_CODES[reply.status] ?? ""}\r\n`;
  let hasDate = false;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (isHopByHop(name)) continue;
    if (name === "date") hasDate = true;
    head += `${name}: ${flat[i + 1]}\r\n`;
  }
  if (!hasDate) head += `date: ${httpDate()}\r\n`;
  return head + framingField(reply, framing, method);
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

function framingField(reply: Reply, framing: WriteFraming, method: string): string {
  switch (framing) {
    case "length":
      return `content-length: ${reply.body.length}\r\n`;
    case "chunked":
      return "transfer-encoding: chunked\r\n";
    case "close":
      return "";
    default:
      return promisedLength(reply, method);
  }
}

/** RFC 9110 §8.6: to HEAD, and in a 304, the length that GET would have; never in a 204. */
function promisedLength(reply: Reply, method: string): string {
  if (reply.status === 204 || reply.status < 200) return "";
  const length = reply.headers.get("content-length") ?? (method === "HEAD" ? lengthOf(reply) : undefined);
  return length === undefined ? "" : `content-length: ${length}\r\n`;
}

function lengthOf(reply: Reply): string | undefined {
  return reply.body.isEmpty ? undefined : reply.body.length?.toString();
}

let dateSecond = 0;
let dateText = "";

/** Now, as RFC 9110 §5.6.7 writes it; made once a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1_000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1_000).toUTCString();
  }
  return dateText;
}
