import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { createBody, recordingSink } from "./recording.ts";

const RESET = new GatewayError("upstream_reset");

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

  test("is told with the first error to whoever comes later", () => {
    const { body } = createBody(3);
    body.fail(RESET);
    body.fail(new GatewayError("internal"));
    const sink = recordingSink();
    body.start(sink);
    expect(sink.events).toEqual(["fail upstream_reset"]);
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
