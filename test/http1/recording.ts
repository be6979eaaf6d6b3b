import { type BodyFraming, type BodyOwner, IncomingBody } from "../../src/http1/incoming.ts";
import type { BodySink } from "../../src/message/source.ts";

/** The owner of a body that writes down what it is told. */
export function recordingOwner(): BodyOwner & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    pauseReading: () => calls.push("pause"),
    resumeReading: () => calls.push("resume"),
    onBodyStart: () => calls.push("start"),
    onBodyReceived: () => calls.push("received"),
    onBodyCancel: (error) => calls.push(`cancel ${error.code}`),
  };
}

/** A sink that writes down what it is given; `answer` is asked after each chunk whether it takes more. */
export function recordingSink(answer: (chunk: string) => boolean = () => true): BodySink & {
  readonly events: string[];
} {
  const events: string[] = [];
  return {
    events,
    write(chunk) {
      const text = Buffer.from(chunk).toString("latin1");
      events.push(text);
      return answer(text);
    },
    end: (trailers) => events.push(trailers === undefined ? "end" : `end ${trailers.flat.join(" ")}`),
    fail: (error) => events.push(`fail ${error.code}`),
  };
}

/** A body on such an owner, and a way to feed it latin1. */
export function createBody(framing: BodyFraming, limit = Number.POSITIVE_INFINITY) {
  const owner = recordingOwner();
  const body = new IncomingBody(framing, owner, limit);
  const feed = (text: string, at = 0) => body.feed(Buffer.from(text, "latin1"), at);
  return { owner, body, feed };
}
