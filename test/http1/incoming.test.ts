import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { type BodyFraming, IncomingBody } from "../../src/http1/incoming.ts";
import { recordingOwner, recordingSink } from "./recording.ts";
import { refusal } from "./refusal.ts";

const RESET = new GatewayError("upstream_reset");
const NO_LIMIT = Number.POSITIVE_INFINITY;

function createBody(framing: BodyFraming, limit = NO_LIMIT) {
  const owner = recordingOwner();
  const body = new IncomingBody(framing, owner, limit);
  const feed = (text: string, at = 0) => body.feed(Buffer.from(text, "latin1"), at);
  return { owner, body, feed };
}

describe("the end of a body", () => {
  test("is told by its length, and what follows is left", () => {
    const { body, feed, owner } = createBody(5);
    const sink = recordingSink();
    body.start(sink);
    expect(feed("hel")).toBe(3);
    expect(body).toMatchObject({ length: 5, received: 3, isReceived: false });
    expect(feed("xxloGET /", 2)).toBe(4);
    expect(body).toMatchObject({ length: 5, received: 5, isReceived: true });
    expect(sink.events).toEqual(["hel", "lo", "end"]);
    expect(owner.calls).toEqual(["start", "resume", "received"]);
    expect(body.endOfInput()).toBe(false);
  });

  test("is told by the last chunk, with trailers", () => {
    const { body, feed } = createBody("chunked");
    const sink = recordingSink();
    body.start(sink);
    expect(feed("2\r\nab\r\n1\r\n")).toBe(10);
    expect(feed("c\r\n0\r\nx-t: 1\r\n\r\nrest")).toBe(16);
    expect(sink.events).toEqual(["ab", "c", "end x-t 1"]);
    expect(body).toMatchObject({ length: undefined, received: 3, isReceived: true });
  });

  test("is told by the end of the connection, where nothing else tells it", () => {
    const { body, feed, owner } = createBody("until-close");
    const sink = recordingSink();
    body.start(sink);
    feed("abc");
    feed("def");
    expect(body).toMatchObject({ length: undefined, isReceived: false });
    expect(body.endOfInput()).toBe(true);
    expect(body.endOfInput()).toBe(true);
    expect(sink.events).toEqual(["abc", "def", "end"]);
    expect(owner.calls).toEqual(["start", "resume", "received"]);
  });

  test.each([5, "chunked"] as const)("is not told to %p by the end of the connection", (framing) => {
    const { body } = createBody(framing);
    const sink = recordingSink();
    body.start(sink);
    expect(body.endOfInput()).toBe(false);
    expect(sink.events).toEqual([]);
    body.fail(RESET);
    expect(sink.events).toEqual(["fail upstream_reset"]);
  });

  test("broken chunks throw, and give no end", () => {
    const { body, feed } = createBody("chunked");
    const sink = recordingSink();
    body.start(sink);
    expect(refusal(() => feed("2\r\nab\r\nZ\r\n"))).toBe("bad_request");
    body.fail(RESET);
    feed("0\r\n\r\n");
    expect(sink.events).toEqual(["ab", "fail upstream_reset"]);
    expect(body.isReceived).toBe(false);
  });

  test("without copying where a piece is all content", () => {
    const { body } = createBody(5);
    const chunks: Uint8Array[] = [];
    body.start({ ...recordingSink(), write: (chunk) => chunks.push(chunk) > 0 });
    const piece = Buffer.from("hello");
    body.feed(piece, 0);
    expect(chunks[0]).toBe(piece);
  });
});

describe("bytes that come before anybody wants them", () => {
  test("are kept, and no more are read until somebody does", () => {
    const { body, feed, owner } = createBody("chunked");
    feed("1\r\na\r\n1\r\nb\r\n");
    expect(owner.calls).toEqual(["pause"]);
    expect(body.isStarted).toBe(false);
    const sink = recordingSink();
    body.start(sink);
    expect(body.isStarted).toBe(true);
    expect(sink.events).toEqual(["a", "b"]);
    expect(owner.calls).toEqual(["pause", "start", "resume"]);
    feed("1\r\nc\r\n0\r\n\r\n");
    expect(sink.events).toEqual(["a", "b", "c", "end"]);
  });

  test("are delivered with the end if they are all there is, and nothing is asked for", () => {
    const { body, feed, owner } = createBody("chunked");
    feed("1\r\na\r\n0\r\nx-t: 1\r\n\r\n");
    expect(owner.calls).toEqual(["received"]);
    const sink = recordingSink();
    body.start(sink);
    expect(sink.events).toEqual(["a", "end x-t 1"]);
    expect(owner.calls).toEqual(["received"]);
    body.resume();
    expect(owner.calls).toEqual(["received"]);
  });

  test("survive a failure of the connection once they are all there", () => {
    const { body, feed } = createBody(3);
    feed("abc");
    body.fail(RESET);
    const sink = recordingSink();
    body.start(sink);
    expect(sink.events).toEqual(["abc", "end"]);
  });

  test("are let go of by a failure while more were to come, which whoever starts is told of", () => {
    const { body, feed } = createBody(5);
    feed("abc");
    body.fail(RESET);
    const sink = recordingSink();
    body.start(sink);
    expect(sink.events).toEqual(["fail upstream_reset"]);
  });

  test("do not make a sink that is full read on", () => {
    const { body, feed, owner } = createBody("chunked");
    feed("1\r\na\r\n1\r\nb\r\n");
    body.start(recordingSink((chunk) => chunk !== "b"));
    expect(owner.calls).toEqual(["pause", "start"]);
    body.resume();
    expect(owner.calls).toEqual(["pause", "start", "resume"]);
  });

  test("stop coming when the sink cancels in the middle of them", () => {
    const { body, feed, owner } = createBody("chunked");
    feed("1\r\na\r\n1\r\nb\r\n1\r\nc\r\n");
    const sink = recordingSink((chunk) => {
      if (chunk === "b") body.cancel(RESET);
      return true;
    });
    body.start(sink);
    expect(sink.events).toEqual(["a", "b"]);
    expect(owner.calls).toEqual(["pause", "cancel upstream_reset"]);
  });

  test("are not followed by the end when the sink cancels in the middle of them", () => {
    const { body, feed, owner } = createBody("chunked");
    feed("1\r\na\r\n0\r\n\r\n");
    const sink = recordingSink(() => {
      body.cancel(RESET);
      return false;
    });
    body.start(sink);
    expect(sink.events).toEqual(["a"]);
    expect(owner.calls).toEqual(["received"]);
  });

  test("are followed by a failure that happens in the middle of them, once", () => {
    const { body, feed, owner } = createBody("chunked");
    feed("1\r\na\r\n1\r\nb\r\n");
    const sink = recordingSink(() => {
      body.fail(RESET);
      return true;
    });
    body.start(sink);
    expect(sink.events).toEqual(["a", "fail upstream_reset"]);
    expect(owner.calls).toEqual(["pause"]);
  });
});

describe("a sink that takes no more", () => {
  test("pauses the connection once the bytes at hand are delivered, and resumes it", () => {
    const { body, feed, owner } = createBody("chunked");
    const sink = recordingSink(() => false);
    body.start(sink);
    feed("1\r\na\r\n1\r\nb\r\n");
    expect(sink.events).toEqual(["a", "b"]);
    expect(owner.calls).toEqual(["start", "resume", "pause"]);
    body.resume();
    expect(owner.calls).toEqual(["start", "resume", "pause", "resume"]);
    feed("1\r\nc\r\n");
    expect(owner.calls.at(-1)).toBe("pause");
  });

  test("does not pause a connection whose body is all there", () => {
    const { body, feed, owner } = createBody(3);
    body.start(recordingSink(() => false));
    feed("abc");
    expect(owner.calls).toEqual(["start", "resume", "received"]);
  });

  test("and one that takes more after all before the bytes at hand are delivered does not pause it", () => {
    const { body, feed, owner } = createBody("chunked");
    const sink = recordingSink((chunk) => {
      if (chunk === "b") body.resume();
      return chunk === "b";
    });
    body.start(sink);
    feed("1\r\na\r\n1\r\nb\r\n");
    expect(owner.calls).toEqual(["start", "resume", "resume"]);
  });
});

describe("cancelling", () => {
  test("tells the connection, and nothing comes afterwards", () => {
    const { body, feed, owner } = createBody(10);
    const sink = recordingSink();
    body.start(sink);
    feed("abc");
    body.cancel(RESET);
    feed("def");
    body.fail(RESET);
    feed("ghij");
    expect(sink.events).toEqual(["abc"]);
    expect(owner.calls.slice(2, 3)).toEqual(["cancel upstream_reset"]);
  });

  test("from within a write stops what comes in the same bytes", () => {
    const { body, feed } = createBody("chunked");
    const sink = recordingSink(() => {
      body.cancel(RESET);
      return true;
    });
    body.start(sink);
    feed("1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
    expect(sink.events).toEqual(["a"]);
  });

  test("before it is started lets go of what is kept, and keeps no more", () => {
    const { body, feed, owner } = createBody(10);
    feed("abc");
    body.cancel(RESET);
    expect(owner.calls).toEqual(["pause", "cancel upstream_reset"]);
    feed("def");
    expect(owner.calls).toHaveLength(2);
  });

  test("a body that is all there tells nobody", () => {
    const { body, feed, owner } = createBody(3);
    feed("abc");
    body.cancel(RESET);
    expect(owner.calls).toEqual(["received"]);
  });

  test("a body that has failed tells nobody", () => {
    const { body, owner } = createBody(3);
    body.start(recordingSink());
    body.fail(RESET);
    body.cancel(RESET);
    expect(owner.calls).toEqual(["start", "resume"]);
  });
});

describe("failing", () => {
  test("is told once, and nothing comes afterwards", () => {
    const { body, feed, owner } = createBody(3);
    const sink = recordingSink();
    body.start(sink);
    feed("a");
    body.fail(RESET);
    body.fail(new GatewayError("internal"));
    feed("bc");
    expect(sink.events).toEqual(["a", "fail upstream_reset"]);
    expect(body.isReceived).toBe(false);
    expect(owner.calls).toEqual(["start", "resume"]);
  });

  test("after the end is told nobody", () => {
    const { body, feed } = createBody(1);
    const sink = recordingSink();
    body.start(sink);
    feed("a");
    body.fail(RESET);
    expect(sink.events).toEqual(["a", "end"]);
  });
});

describe("the limit", () => {
  test("lets through a body of just that size", () => {
    const { body, feed } = createBody("chunked", 3);
    const sink = recordingSink();
    body.start(sink);
    feed("3\r\nabc\r\n0\r\n\r\n");
    expect(sink.events).toEqual(["abc", "end"]);
  });

  test("fails one that is larger, at the chunk that is too much", () => {
    const { body, feed, owner } = createBody("chunked", 3);
    const sink = recordingSink();
    body.start(sink);
    expect(feed("3\r\nabc\r\n1\r\nd\r\n1\r\ne\r\n0\r\n\r\n")).toBe(25);
    expect(sink.events).toEqual(["abc", "fail payload_too_large"]);
    expect(body.isReceived).toBe(false);
    expect(owner.calls).toEqual(["start", "resume"]);
  });

  test("counts what is kept for later, too, and keeps none of what is too much", () => {
    const { body, feed } = createBody("until-close", 3);
    feed("ab");
    feed("cd");
    const sink = recordingSink();
    body.start(sink);
    expect(sink.events).toEqual(["fail payload_too_large"]);
  });
});
