import type { Attributes, Span } from "@opentelemetry/api";
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_HTTP_ROUTE } from "@opentelemetry/semantic-conventions";
import type { Outcome } from "../context/outcome.ts";
import type { Context } from "../context.ts";
import { methodIn } from "./attributes.ts";
import { RecordedSpan } from "./recorded.ts";
import type { Recorder } from "./recorder.ts";

/** What is recorded of one request. */
export class RequestRecord {
  /** That of the whole request. */
  readonly span: RecordedSpan;
  /** An attempt whose reply's body is still coming, and when its head had come. */
  #streaming: { readonly span: RecordedSpan; readonly at: number } | undefined = undefined;
  #isFinished = false;

  constructor(span: Span, recorder: Recorder) {
    this.span = new RecordedSpan(span, recorder, this);
  }

  /** An attempt has a reply, whose body may still be coming: then it ends with the request, if its reply is the one. */
  onReply(span: RecordedSpan, at: number, isWhole: boolean): void {
    this.giveUpReply();
    if (isWhole || this.#isFinished) span.end(at);
    else this.#streaming = { span, at };
  }

  /** Nobody wants the reply that there is: another attempt is made. */
  giveUpReply(): void {
    this.#streaming?.span.end(this.#streaming.at);
    this.#streaming = undefined;
  }

  finish(ctx: Context, outcome: Outcome): void {
    const endedAt = ctx.startedAt + outcome.durationMs;
    const { errorCode, errorSource, status } = outcome;
    if (errorSource === "upstream" && errorCode !== undefined) this.#streaming?.span.fail(errorCode);
    this.#streaming?.span.end(endedAt);
    this.#streaming = undefined;
    this.#isFinished = true;
    const { span } = this;
    if (ctx.route !== undefined) span.rename(`${methodIn(ctx.request)} ${ctx.route.path}`);
    span.add(endAttributes(ctx, outcome));
    // What the client has done wrong is no error of the server (semantic conventions for HTTP spans, "Status").
    if (status >= 500) span.fail(errorCode ?? String(status));
    else if (errorCode !== undefined && errorSource !== "downstream") span.fail(errorCode);
    else if (errorCode !== undefined) span.add({ [ATTR_ERROR_TYPE]: errorCode });
    span.end(endedAt);
  }
}

function endAttributes({ route, service, requestId }: Context, { status, attempts }: Outcome): Attributes {
  return {
    ...(route === undefined ? {} : { [ATTR_HTTP_ROUTE]: route.path, "sluice.route": route.name }),
    ...(service === undefined ? {} : { "sluice.service": service }),
    // 499 was never sent.
    ...(status === 499 ? {} : { [ATTR_HTTP_RESPONSE_STATUS_CODE]: status }),
    "sluice.request_id": requestId,
    "sluice.attempts": attempts,
  };
}
