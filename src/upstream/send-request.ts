import { headBuffer } from "../http1/head-buffer.ts";
import type { MessageWriter } from "../http1/writer.ts";
import type { Exchange } from "./exchange.ts";
import { writeRequestHead } from "./write-head.ts";

/** Sends the request of an exchange. Throws if somebody has taken its body and not put another in its place. */
export function sendRequest(writer: MessageWriter, { ctx, host, deadline, trace }: Exchange): void {
  const { body } = ctx.request;
  writeRequestHead(headBuffer, ctx, host, deadline?.line(ctx, performance.now()), trace);
  if (body.isInMemory) writer.sendWhole(headBuffer, body, "length");
  else if (body.length !== undefined) writer.sendFrom(headBuffer, body.take(), "length", body.length);
  else writer.sendFrom(headBuffer, body.take(), "chunked", 0);
}
