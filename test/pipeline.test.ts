import { describe, expect, test } from "bun:test";
import { GatewayError } from "../src/errors.ts";
import { Reply } from "../src/message/reply.ts";
import { answerOf, composePipeline } from "../src/pipeline.ts";
import type { Layer, Phases } from "../src/plugin.ts";
import { createRequest, destination, OUTCOME, refuse, run, tracer } from "./pipeline-run.ts";

describe("the order", () => {
  test("is that of the phases, and within one that of the configuration", async () => {
    const trace: string[] = [];
    const pipeline = composePipeline([tracer("a", trace), tracer("b", trace)], destination(trace), "problem");
    const ctx = createRequest();
    const reply = await answerOf(pipeline, ctx);
    pipeline.finish(ctx, OUTCOME);
    expect(reply.status).toBe(200);
    expect(trace).toEqual([
      "prepare",
      "a request",
      "b request",
      "a authenticate",
      "b authenticate",
      "a limit",
      "b limit",
      "a cache",
      "b cache",
      "a forward",
      "b forward",
      "select",
      "a attempt",
      "b attempt",
      "send",
      "b attempt done",
      "a attempt done",
      "b forward done",
      "a forward done",
      "b cache done",
      "a cache done",
      "a response",
      "b response",
      "a log",
      "b log",
    ]);
  });

  test("without a plugin is selecting and sending", async () => {
    const trace: string[] = [];
    const { reply, ctx } = await run([], destination(trace));
    expect(await reply.body.text(10)).toBe("ok");
    expect(trace).toEqual(["prepare", "select", "send"]);
    expect(ctx.error).toBeUndefined();
  });

  test("waits for a filter that needs time before the next one runs", async () => {
    const trace: string[] = [];
    const slow: Phases = {
      async request() {
        await Promise.resolve();
        trace.push("slow");
        return undefined;
      },
    };
    const quick: Phases = { request: () => void trace.push("quick") };
    await run([slow, quick]);
    expect(trace).toEqual(["slow", "quick"]);
  });

  test("layers are composed at load, not with each request", async () => {
    let composed = 0;
    const layer: Layer = (next) => {
      composed++;
      return next;
    };
    const pipeline = composePipeline([{ cache: layer, forward: layer, attempt: layer }], destination([]), "problem");
    for (let i = 0; i < 3; i++) await answerOf(pipeline, createRequest());
    expect(composed).toBe(3);
  });
});

describe("a filter that answers", () => {
  test.each(["request", "authenticate", "limit"] as const)(
    "in %s ends the way in, response still runs",
    async (phase) => {
      const trace: string[] = [];
      const { status } = await run(
        [{ [phase]: () => new Reply(418) }, tracer("b", trace), { [phase]: () => new Reply(500) }],
        destination(trace),
      );
      expect(status).toBe(418);
      expect(trace.filter((step) => /select|send|cache|forward|attempt/.test(step))).toEqual([]);
      expect(trace).not.toContain(`b ${phase}`);
      expect(trace.at(-1)).toBe("b response");
    },
  );

  test("may do so later, and with a web response", async () => {
    const { reply } = await run([
      { request: async () => new Response("hi", { status: 203, headers: { "x-a": "1" } }) },
    ]);
    expect(reply).toBeInstanceOf(Reply);
    expect(reply.status).toBe(203);
    expect(reply.headers.get("x-a")).toBe("1");
    expect(await reply.body.text(10)).toBe("hi");
  });
});

describe("a failure", () => {
  test.each(["request", "authenticate", "limit"] as const)("of a filter in %s is a reply", async (phase) => {
    const trace: string[] = [];
    const { reply, ctx } = await run([{ [phase]: refuse("forbidden") }, tracer("b", trace)], destination(trace));
    expect(reply.status).toBe(403);
    expect(await reply.body.json(1_000)).toMatchObject({ code: "forbidden", requestId: ctx.requestId });
    expect(ctx.error?.code).toBe("forbidden");
    expect(trace).not.toContain("send");
    expect(trace.at(-1)).toBe("b response");
  });

  test("of a filter that needs time is a reply as well", async () => {
    const { status } = await run([{ limit: () => Promise.reject(new GatewayError("rate_limited")) }]);
    expect(status).toBe(429);
  });

  test.each(["prepare", "select", "send"] as const)("of %s is one", async (step) => {
    const failing = () => {
      throw new GatewayError("no_target_available");
    };
    const { status, ctx } = await run([], { ...destination([]), [step]: failing });
    expect(status).toBe(503);
    expect(ctx.error?.code).toBe("no_target_available");
  });

  test.each(["cache", "forward", "attempt"] as const)("of a layer in %s is one", async (phase) => {
    const layer: Layer = () => () => {
      throw new GatewayError("circuit_open");
    };
    const { status } = await run([{ [phase]: layer }]);
    expect(status).toBe(503);
  });

  test("that is none of ours is internal: the client is told nothing of it, the log is", async () => {
    const cause = new Error("10.0.0.7 refused");
    const { reply, ctx } = await run([
      {
        request() {
          throw cause;
        },
      },
    ]);
    expect(reply.status).toBe(500);
    expect(await reply.body.text(1_000)).not.toContain("10.0.0.7");
    expect(ctx.error).toMatchObject({ code: "internal", cause });
  });

  test("is written as the configuration says", async () => {
    const pipeline = composePipeline([{ request: refuse("forbidden") }], destination([]), "envelope");
    const reply = await answerOf(pipeline, createRequest());
    expect(await reply.body.json(1_000)).toMatchObject({ success: false, code: "forbidden" });
  });

  test("brings its headers along", async () => {
    const error = new GatewayError("rate_limited", { headers: { "retry-after": "3" } });
    const { reply } = await run([{ limit: () => Promise.reject(error) }]);
    expect(reply.headers.get("retry-after")).toBe("3");
  });
});

describe("a client that goes while a filter waits", () => {
  test("stops the way in: no later filter, nothing is sent", async () => {
    const trace: string[] = [];
    const leaving: Phases = {
      async request(ctx) {
        await Promise.resolve();
        ctx.abort(new GatewayError("client_closed"));
        return undefined;
      },
    };
    const { ctx, status } = await run([leaving, tracer("b", trace)], destination(trace));
    expect(status).toBe(499);
    expect(ctx.error?.code).toBe("client_closed");
    expect(trace).toEqual(["prepare", "b response"]);
  });
});
