import type { Outcome } from "../context/outcome.ts";
import type { Context } from "../context.ts";
import { headBuffer } from "../http1/head-buffer.ts";
import { hasNoBody } from "../http1/response-head.ts";
import type { MessageWriter, WriteFraming } from "../http1/writer.ts";
import { Body } from "../message/body.ts";
import type { Reply } from "../message/reply.ts";
import { connectionField, writeReplyHead } from "./reply-head.ts";

/** How a reply tells its end to an HTTP/1 client (RFC 9112 §6.3); 1.0 knows no chunks. */
export function replyFraming(reply: Reply, method: string, minorVersion: number): WriteFraming {
  if (hasNoBody(reply.status, method)) return "none";
  if (reply.body.length !== undefined) return "length";
  return minorVersion === 1 ? "chunked" : "close";
}

/** Sends a reply, however its body is held; `connection` is what it says of the connection. */
export function sendReply(
  writer: MessageWriter,
  reply: Reply,
  method: string,
  framing: WriteFraming,
  connection: string,
): void {
  const { body } = reply;
  writeReplyHead(headBuffer, reply, framing, method, connection);
  if (body.isInMemory) return writer.sendWhole(headBuffer, body, framing);
  if (framing !== "none") return writer.sendFrom(headBuffer, body.take(), framing, body.length ?? 0);
  reply.discard();
  writer.sendWhole(headBuffer, Body.empty, framing);
}

/** Answers what is no proper request, and says that nothing follows. */
export function sendRefusal(writer: MessageWriter, reply: Reply, method: string): void {
  const framing = replyFraming(reply, method, 1);
  writeReplyHead(headBuffer, reply, framing, method, connectionField(true, 1));
  writer.sendWhole(headBuffer, reply.body, framing);
}

/**
 * How a request has ended. Without a reply the client had left: 499.
 *
 * @param bytesOut of the latest reply on the connection: without one of its own, those of the request before
 */
export function outcomeOf(
  ctx: Context,
  reply: Reply | undefined,
  bytesIn: number,
  bytesOut: number,
  now: number,
): Outcome {
  return {
    status: reply?.status ?? 499,
    bytesIn,
    bytesOut: reply === undefined ? 0 : bytesOut,
    durationMs: now - ctx.startedAt,
    upstreamMs: ctx.upstreamRepliedAt === 0 ? undefined : ctx.upstreamRepliedAt - ctx.upstreamStartedAt,
    attempts: ctx.attempts,
    errorCode: ctx.error?.code,
    errorSource: ctx.error?.source,
  };
}
