import type { GatewayRequest } from "./request.ts";

/** Whether a browser asks by this request if it may send another one: a CORS preflight (Fetch §3.2.2). */
export function isPreflight({ method, headers }: Pick<GatewayRequest, "method" | "headers">): boolean {
  return method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method");
}
