import type { RawResponse } from "./messages.ts";

/** Status and code of the gateway's own answer, "502 upstream_connect", so that one comparison shows both. */
export function problemOf(response: RawResponse): string {
  const type = response.header("content-type");
  if (type !== "application/problem+json") return `${response.status} without a problem (${type})`;
  const { code, status } = JSON.parse(response.body.toString()) as { code: unknown; status: unknown };
  return status === response.status ? `${status} ${code}` : `${response.status}, but its problem says ${status}`;
}
