import type { RequestTrace } from "../context/trace.ts";
import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { HeadBuffer } from "../http1/head-buffer.ts";
import { isHopByHop } from "../http1/hop.ts";
import { offerOf } from "../http1/upgrade.ts";
import type { Body } from "../message/body.ts";
import type { HeaderList } from "../message/headers.ts";
import { forwardedLines, isForwardedField } from "./forwarded.ts";

/** The gateway's name in Via, its own for each process, so that a request that comes back is known (RFC 9110 §7.6.3). */
const PSEUDONYM = `sluice-${crypto.randomUUID().slice(0, 8)}`;

/** Throws `loop_detected` for a request that this gateway has passed on already. */
export function refuseLoop(headers: HeaderList): void {
  // Lines as they came have no Via.
  if (headers.wire === undefined && headers.get("via")?.includes(PSEUDONYM)) throw new GatewayError("loop_detected");
}

/**
 * Composes the head of the request as the target gets it (RFC 9112 §3). Fields about the client's connection are left
 * out, the gateway's own are set.
 *
 * @param host value of the Host field
 * @param more further lines, each ended by CRLF
 * @param trace the trace that the target is told of
 */
export function writeRequestHead(
  head: HeadBuffer,
  ctx: Context,
  host: string,
  more?: string,
  trace?: RequestTrace,
): void {
  const { request, upstreamQuery } = ctx;
  const { wire } = request.headers;
  head.begin().text(request.method).text(" ").text(ctx.upstreamPath);
  if (upstreamQuery !== undefined) head.text("?").text(upstreamQuery);
  head.text(" HTTP/1.1\r\nhost: ").text(host).text("\r\n");
  const isAsCame = wire !== undefined && !wire.mayHaveProxyFields;
  if (isAsCame) wire.copyTo(head);
  const via = writeFields(head, isAsCame ? request.headers.added : request.headers.flat);
  head.text(forwardedLines(request));
  if (more !== undefined) head.text(more);
  trace?.writeTo(head);
  const offer = offerOf(ctx);
  if (offer !== undefined) head.text(`connection: upgrade\r\nupgrade: ${offer.protocols.join(", ")}\r\n`);
  head.text(via === "" && request.version === "1.1" ? VIA : `via: ${via}${request.version} ${PSEUDONYM}\r\n`);
  head.text(bodyFields(request.body, request.method));
}

const VIA = `via: 1.1 ${PSEUDONYM}\r\n`;

/** Adds the fields that go on; returns what Via had, with a comma behind each. */
function writeFields(head: HeadBuffer, flat: readonly string[]): string {
  let via = "";
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (name === "host" || isHopByHop(name) || isForwardedField(name)) continue;
    if (name === "via") via += `${flat[i + 1]}, `;
    else
      head
        .text(name)
        .text(": ")
        .text(flat[i + 1] as string)
        .text("\r\n");
  }
  return via;
}

/** RFC 9112 §6: a length if it is known, else chunked; nothing for a request without content that needs none. */
function bodyFields(body: Body, method: string): string {
  if (!body.isEmpty) {
    return body.length === undefined ? "transfer-encoding: chunked\r\n\r\n" : `content-length: ${body.length}\r\n\r\n`;
  }
  return method === "POST" || method === "PUT" || method === "PATCH" ? "content-length: 0\r\n\r\n" : "\r\n";
}
