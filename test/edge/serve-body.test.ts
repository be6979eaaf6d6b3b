import { describe, expect, test } from "bun:test";
import { ServeBody } from "../../src/edge/serve-body.ts";
import { GatewayError } from "../../src/errors.ts";
import { readAll } from "../../src/message/read.ts";
import { timeoutQueue } from "../../src/timeouts.ts";

const LIMITS = { bodyBytes: 10, bodyQueue: timeoutQueue(30), bodyLeastBytes: 0 };

function streamOf(...chunks: readonly string[]): ReadableStream<Uint8Array> {
  return new Blob([...chunks]).stream();
}

/** The code of the error that reading ends with. */
function failure(body: ServeBody): Promise<string> {
  return readAll(body, 1_000).then(
    () => "none",
    (error: GatewayError) => error.code,
  );
}

describe("a body as long as it says", () => {
  test("comes in full, and is counted", async () => {
    const body = new ServeBody(streamOf("hel", "lo"), 5, LIMITS);
    expect(Buffer.from(await readAll(body, 1_000)).toString()).toBe("hello");
    expect(body.received).toBe(5);
  });

  test("may say nothing", async () => {
    expect(await failure(new ServeBody(streamOf("hello"), undefined, LIMITS))).toBe("none");
  });
});

test.each([4, 6])("one of 5 bytes that says %d is refused, and has no end", async (length) => {
  expect(await failure(new ServeBody(streamOf("hello"), length, LIMITS))).toBe("bad_request");
});

test("one over the limit is refused, and the rest is not wanted", async () => {
  let reason: unknown;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(6)),
    cancel: (cause) => {
      reason = cause;
    },
  });
  expect(await failure(new ServeBody(stream, undefined, LIMITS))).toBe("payload_too_large");
  expect(reason).toBeInstanceOf(GatewayError);
});

test("one that stops coming is timed out, but only while it is waited for", async () => {
  const stalled = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
  expect(await failure(new ServeBody(stalled(), undefined, LIMITS))).toBe("request_timeout");
  const held = new ServeBody(streamOf("x"), undefined, { ...LIMITS, bodyQueue: timeoutQueue(100) });
  const failed = Promise.withResolvers<GatewayError>();
  const got = Promise.withResolvers<void>();
  held.start({
    write: () => {
      got.resolve();
      return false;
    },
    end: () => {},
    fail: failed.resolve,
  });
  await got.promise;
  const later = new Promise((resolve) => setTimeout(resolve, 250, "nothing"));
  expect(await Promise.race([failed.promise, later])).toBe("nothing");
});

test("one whose stream fails is the client's doing", async () => {
  const stream = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("aborted")) });
  expect(await failure(new ServeBody(stream, undefined, LIMITS))).toBe("client_closed");
});

test("one that was aborted before anyone wanted it fails at once", async () => {
  const body = new ServeBody(streamOf("hello"), 5, LIMITS);
  body.abort(new GatewayError("client_closed"));
  expect(await failure(body)).toBe("client_closed");
});
