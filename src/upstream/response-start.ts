import type { BodyFraming } from "../http1/incoming.ts";
import { ProtocolError } from "../http1/protocol-error.ts";
import { hasNoBody, type ResponseHead } from "../http1/response-head.ts";

/** How a response's body tells its end (RFC 9112 §6.3). */
export function bodyFraming(head: ResponseHead, method: string): BodyFraming {
  if (hasNoBody(head.status, method)) return 0;
  if (head.framing.isChunked) return "chunked";
  return head.framing.contentLength ?? "until-close";
}

const START = "HTTP/1.";

/** What does not begin like a status line is no response, however much of it comes. Throws ProtocolError. */
export function checkStart(bytes: Uint8Array): void {
  for (let i = 0; i < Math.min(START.length, bytes.length); i++) {
    if (bytes[i] !== START.charCodeAt(i)) throw new ProtocolError("not an HTTP/1 response");
  }
}
