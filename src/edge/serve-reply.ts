import { isHopByHop } from "../http1/hop.ts";
import { hasNoBody } from "../http1/response-head.ts";
import type { Reply } from "../message/reply.ts";
import { promisedLength } from "./reply-head.ts";

/** The reply to what was no proper request. */
export function refusalResponse(reply: Reply, method: string): Response {
  return responseOf(reply, method, isHeadOnly(reply, method) ? undefined : contentOf(reply));
}

/** Bytes that are in memory, as a web response takes them. */
export function contentOf({ body }: Reply): Uint8Array<ArrayBuffer> | undefined {
  return body.inMemory as Uint8Array<ArrayBuffer> | undefined;
}

/** Whether a reply ends with its head; a 205 does too, and no web response of that status may have a body. */
export function isHeadOnly(reply: Reply, method: string): boolean {
  return hasNoBody(reply.status, method) || reply.status === 205;
}

type Content = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;

/** More bytes than this would wait in Bun for a client that takes none, and for each of its requests again. */
const MOST_BYTES_AT_ONCE = 65_536;

/** Whether its events tell their own end, so that no part of one is taken for whole. */
export function isEventStream({ headers }: Reply): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") === true;
}

/** Whether Bun gets the bytes in one piece. It would make up a Content-Type for those that have none, but not for a stream. */
export function isSentWhole({ headers }: Reply, bytes: Uint8Array): boolean {
  return bytes.byteLength === 0 || (bytes.byteLength <= MOST_BYTES_AT_ONCE && headers.has("content-type"));
}

/** A reply with this content as the web response that Bun sends; framing and the protocol's own fields are Bun's. */
export function responseOf(reply: Reply, method: string, content: Content | undefined): Response {
  const headers = new Headers();
  const { flat } = reply.headers;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (!isHopByHop(name)) headers.append(name, flat[i + 1] as string);
  }
  const length = content === undefined ? promisedLength(reply, method) : reply.body.length?.toString();
  if (length !== undefined) headers.set("content-length", length);
  const isUnknown = method === "HEAD" && length === undefined && !isHeadOnly(reply, "GET");
  return new Response(content ?? (isUnknown ? ended() : null), { status: reply.status, headers });
}

/** Bun says `content-length: 0` to HEAD where there is nothing, or soon known to be, but not where there is a stream. */
function ended(): ReadableStream<Uint8Array> {
  return new ReadableStream({ type: "direct", pull: (controller) => void controller.end() });
}
