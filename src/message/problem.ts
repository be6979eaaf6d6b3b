import type { GatewayError } from "../errors.ts";
import { Body } from "./body.ts";
import { HeaderList } from "./headers.ts";
import { Reply } from "./reply.ts";

/** How errors are written: RFC 9457 problem details, or an envelope for clients that expect `success` and `message`. */
export type ErrorFormat = "problem" | "envelope";

/** The reply that tells the client of an error: stable code and request id, no cause and no internal address. */
export function problemReply(error: GatewayError, requestId: string, format: ErrorFormat): Reply {
  const headers = new HeaderList([
    "content-type",
    format === "problem" ? "application/problem+json" : "application/json",
  ]);
  for (const name in error.headers) headers.set(name, error.headers[name] as string);
  const text = JSON.stringify(format === "problem" ? problem(error, requestId) : envelope(error, requestId));
  return new Reply(error.status, headers, Body.of(text));
}

/** RFC 9457 §3.1; `about:blank` would say nothing beyond the status, so the type is a URN of the code. */
function problem(error: GatewayError, requestId: string) {
  return {
    type: `urn:sluice:error:${error.code}`,
    title: error.title,
    status: error.status,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    code: error.code,
    requestId,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  };
}

function envelope(error: GatewayError, requestId: string) {
  const { code, errors } = error;
  const message = error.detail ?? error.title;
  return { success: false, message, code, requestId, ...(errors === undefined ? {} : { errors }) };
}
