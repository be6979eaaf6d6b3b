import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import { isHopByHop } from "../http1/hop.ts";
import { offerOf } from "../http1/upgrade.ts";
import type { Body } from "../message/body.ts";
import { appendForwarded, isForwardedField } from "./forwarded.ts";

/** The gateway's name in Via, its own for each process, so that a request that comes back is known (RFC 9110 §7.6.3). */
const PSEUDONYM = `sluice-${crypto.randomUUID().slice(0, 8)}`;

/**
 * The head of the request as the target gets it (RFC 9112 §3): latin1, with the empty line. Fields about the client's
 * connection are left out, the gateway's own are set.
 *
 * @param host value of the Host field
 */
export function requestHead(ctx: Context, host: string): string {
  const { request, upstreamQuery } = ctx;
  const target = upstreamQuery === undefined ? ctx.upstreamPath : `${ctx.upstreamPath}?${upstreamQuery}`;
  let head = `${request.method} ${target} HTTP/1.1\r\nhost: ${host}\r\n`;
  let via = "";
  const { flat } = request.headers;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (name === "host" || isHopByHop(name) || isForwardedField(name)) continue;
    if (name === "via") via += `${flat[i + 1]}, `;
    else head += `${name}: ${flat[i + 1]}\r\n`;
  }
  if (via !== "" && via.includes(PSEUDONYM)) throw new GatewayError("loop_detected");
  head = appendForwarded(head, request);
  const offer = offerOf(ctx);
  if (offer !== undefined) head += `connection: upgrade\r\nupgrade: ${offer.protocols.join(", ")}\r\n`;
  return `${head}via: ${via}${request.version} ${PSEUDONYM}\r\n${bodyFields(request.body, request.method)}\r\n`;
}

/** RFC 9112 §6: a length if it is known, else chunked; nothing for a request without content that needs none. */
function bodyFields(body: Body, method: string): string {
  if (body.isEmpty) return method === "POST" || method === "PUT" || method === "PATCH" ? "content-length: 0\r\n" : "";
  return body.length === undefined ? "transfer-encoding: chunked\r\n" : `content-length: ${body.length}\r\n`;
}
