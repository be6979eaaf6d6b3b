import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { createBody, recordingSink } from "./recording.ts";
import { refusal } from "./refusal.ts";

const RESET = new GatewayError("upstream_reset");

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
