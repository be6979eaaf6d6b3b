import type { Reply } from "../message/reply.ts";

/** Nobody stores an answer, guesses at its type, frames it or embeds it; a page of the port has all that it is made of from here. */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ["cache-control", "no-store"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
  [
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
];

/** The response, with what protects it and what it does not say itself. */
export function protectedResponse(response: Response): Response {
  for (const [name, value] of HEADERS) if (!response.headers.has(name)) response.headers.set(name, value);
  return response;
}

/** The same of what the edge answers itself. */
export function protectedReply(reply: Reply): Reply {
  for (const [name, value] of HEADERS) if (!reply.headers.has(name)) reply.headers.set(name, value);
  return reply;
}
