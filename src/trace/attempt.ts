import { SpanKind } from "@opentelemetry/api";
import { ATTR_HTTP_RESPONSE_STATUS_CODE } from "@opentelemetry/semantic-conventions";
import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { PendingReply, ReplyReceiver } from "../message/pending.ts";
import type { Reply } from "../message/reply.ts";
import { Exchange } from "../upstream/exchange.ts";
import { attemptAttributes, methodIn } from "./attributes.ts";
import { RecordedSpan } from "./recorded.ts";

type Send = (ctx: Context) => PendingReply;

/** Sends attempts; of a request that is recorded each has a span, which is the parent of what the service does. */
export function tracedSend(send: Send): Send {
  return (ctx) => {
    const { trace } = ctx;
    return trace instanceof RecordedSpan ? sendRecorded(send, ctx, trace) : send(ctx);
  };
}

function sendRecorded(send: Send, ctx: Context, parent: RecordedSpan): PendingReply {
  parent.record.giveUpReply();
  const span = parent.start(methodIn(ctx.request), performance.now(), SpanKind.CLIENT, attemptAttributes(ctx));
  // Whoever sends it takes what the service is told from there, at once.
  ctx.trace = span;
  try {
    return new RecordedReply(send(ctx), span);
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    ctx.trace = parent;
  }
}

/** The reply to an attempt, on its way past the attempt's span. */
class RecordedReply implements PendingReply, ReplyReceiver {
  readonly #pending: PendingReply;
  readonly #span: RecordedSpan;
  #receiver: ReplyReceiver | undefined = undefined;

  constructor(pending: PendingReply, span: RecordedSpan) {
    this.#pending = pending;
    this.#span = span;
  }

  deliverTo(receiver: ReplyReceiver): void {
    this.#receiver = receiver;
    this.#pending.deliverTo(this);
  }

  onReply(reply: Reply): void {
    const span = this.#span;
    this.#tellRepeat();
    span.add({ [ATTR_HTTP_RESPONSE_STATUS_CODE]: reply.status });
    // To the one who asked, 4xx is an error as well (semantic conventions for HTTP spans, "Status").
    if (reply.status >= 400) span.fail(String(reply.status));
    const isWhole = reply.upgraded === undefined && reply.body.isInMemory;
    span.record.onReply(span, performance.now(), isWhole);
    this.#receiver?.onReply(reply);
  }

  onFailure(error: unknown): void {
    this.#tellRepeat();
    fail(this.#span, error);
    this.#receiver?.onFailure(error);
  }

  /** Sent once more because its connection had been closed, it counts as two attempts. */
  #tellRepeat(): void {
    if (this.#pending instanceof Exchange && this.#pending.isRepeated) this.#span.add({ "sluice.repeated": true });
  }
}

/** An attempt that the client or another attempt has made useless has not failed. */
function fail(span: RecordedSpan, error: unknown): void {
  const { code, source } = GatewayError.from(error);
  if (source === "downstream") span.add({ "sluice.cancelled": true });
  else span.fail(code);
  span.end(performance.now());
}
