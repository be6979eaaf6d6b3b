import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { sourceOfStream, streamOfSource } from "../../src/message/stream.ts";
import { recordingSink } from "../http1/recording.ts";
import { until } from "../support/until.ts";
import { ManualSource, sourceOf } from "./manual-source.ts";

const RESET = new GatewayError("upstream_reset");

/** A stream that has a chunk whenever it is asked, up to a count. */
function counting(count: number) {
  const state = { pulled: 0, cancelled: undefined as unknown };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(Buffer.from(`${state.pulled++}`));
        if (state.pulled === count) controller.close();
      },
      cancel(reason) {
        state.cancelled = reason;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, state };
}

describe("streamOfSource", () => {
  test("gives the chunks and the end", async () => {
    expect(await new Response(streamOfSource(sourceOf("a", "b", "c"))).text()).toBe("abc");
    expect(await new Response(streamOfSource(sourceOf())).text()).toBe("");
  });

  test("pauses the source once 64 KiB wait, and resumes it when they are read", async () => {
    const source = new ManualSource();
    const reader = streamOfSource(source).getReader();
    const chunk = "x".repeat(40_000);
    expect(source.write(chunk)).toBe(true);
    expect(source.write(chunk)).toBe(false);
    await Promise.resolve();
    const resumes = () => source.calls.filter((call) => call === "resume").length;
    const before = resumes();
    expect((await reader.read()).value).toHaveLength(40_000);
    await until(() => resumes() > before, { what: "the source was resumed" });
  });

  test("cancels the source when the reader does, and the reason is only for the log", async () => {
    const source = new ManualSource();
    const reasons: GatewayError[] = [];
    const cancelled = new ManualSource();
    cancelled.cancel = (error) => reasons.push(error);
    await streamOfSource(source).cancel("enough");
    await streamOfSource(cancelled).cancel("enough");
    expect(source.calls).toContain("cancel client_closed");
    expect(reasons[0]).toMatchObject({ code: "client_closed", cause: "enough", detail: undefined });
  });

  test("fails when the source does", async () => {
    const source = new ManualSource();
    const reader = streamOfSource(source).getReader();
    source.write("a");
    source.sink.fail(RESET);
    await expect(reader.read().then(() => reader.read())).rejects.toBe(RESET);
  });
});

describe("sourceOfStream", () => {
  test("gives the chunks and the end, once", async () => {
    const sink = recordingSink();
    sourceOfStream(counting(3).stream).start(sink);
    await until(() => sink.events.includes("end"));
    expect(sink.events).toEqual(["0", "1", "2", "end"]);
  });

  test("asks for nothing before it is started, nor while it is paused", async () => {
    const { stream, state } = counting(5);
    const source = sourceOfStream(stream);
    await Promise.resolve();
    expect(state.pulled).toBe(0);
    const sink = recordingSink((chunk) => chunk !== "1");
    source.start(sink);
    await until(() => sink.events.length === 2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.pulled).toBe(2);
    expect(sink.events).toEqual(["0", "1"]);
    source.resume();
    await until(() => sink.events.includes("end"));
    expect(sink.events).toEqual(["0", "1", "2", "3", "4", "end"]);
  });

  test("resumed while it is reading, reads each chunk once", async () => {
    const sink = recordingSink();
    const source = sourceOfStream(counting(3).stream);
    source.start(sink);
    source.resume();
    source.resume();
    await until(() => sink.events.includes("end"));
    expect(sink.events).toEqual(["0", "1", "2", "end"]);
  });

  test("resumed while it is reading, it still stops when it is told to", async () => {
    const { stream, state } = counting(5);
    const sink = recordingSink(() => false);
    const source = sourceOfStream(stream);
    source.start(sink);
    source.resume();
    source.resume();
    await until(() => sink.events.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sink.events).toEqual(["0"]);
    expect(state.pulled).toBe(1);
  });

  test("cancelled, it cancels the stream and tells the sink nothing more", async () => {
    const { stream, state } = counting(5);
    const source = sourceOfStream(stream);
    const sink = recordingSink((chunk) => {
      if (chunk === "1") source.cancel(RESET);
      return true;
    });
    source.start(sink);
    await until(() => state.cancelled !== undefined);
    expect(state.cancelled).toBe(RESET);
    expect(sink.events).toEqual(["0", "1"]);
  });

  test("cancelled while a read is under way, it tells the sink nothing more", async () => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start(own) {
        controller = own;
      },
    });
    const source = sourceOfStream(stream);
    const sink = recordingSink();
    source.start(sink);
    source.cancel(RESET);
    expect(() => controller?.enqueue(Buffer.from("late"))).toThrow();
    await Promise.resolve();
    expect(sink.events).toEqual([]);
  });

  test("fails with the error of a stream that fails; what is none of ours is internal", async () => {
    for (const [error, code] of [
      [RESET, "upstream_reset"],
      [new Error("broken"), "internal"],
    ] as const) {
      const sink = recordingSink();
      const source = sourceOfStream(new ReadableStream({ start: (controller) => controller.error(error) }));
      source.start(sink);
      await until(() => sink.events.length > 0);
      expect(sink.events).toEqual([`fail ${code}`]);
      source.cancel(RESET);
    }
  });

  test("takes text as UTF-8, as web responses may hold it", async () => {
    const sink = recordingSink();
    const stream = new ReadableStream<unknown>({
      start(controller) {
        controller.enqueue("hé");
        controller.close();
      },
    });
    sourceOfStream(stream as ReadableStream<Uint8Array>).start(sink);
    await until(() => sink.events.length === 2);
    expect(sink.events).toEqual([Buffer.from("hé").toString("latin1"), "end"]);
  });

  test("fails, and lets go of the stream, if that holds something else", async () => {
    const sink = recordingSink();
    let cancelled: unknown;
    const stream = new ReadableStream<unknown>({
      start: (controller) => controller.enqueue({ no: "bytes" }),
      cancel(reason) {
        cancelled = reason;
      },
    });
    sourceOfStream(stream as ReadableStream<Uint8Array>).start(sink);
    await until(() => sink.events.length > 0 && cancelled !== undefined);
    expect(sink.events).toEqual(["fail internal"]);
  });
});
