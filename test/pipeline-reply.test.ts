import { describe, expect, test } from "bun:test";
import type { Outcome } from "../src/context/outcome.ts";
import type { Context } from "../src/context.ts";
import { GatewayError } from "../src/errors.ts";
import { Body } from "../src/message/body.ts";
import { HeaderList } from "../src/message/headers.ts";
import { Reply } from "../src/message/reply.ts";
import { answerOf, composePipeline } from "../src/pipeline.ts";
import type { Layer, Phases } from "../src/plugin.ts";
import { ManualSource } from "./message/manual-source.ts";
import { createRequest, destination, OUTCOME, refuse, run, tracer } from "./pipeline-run.ts";

describe("layers", () => {
  const times =
    (count: number): Layer =>
    (next) =>
    async (ctx) => {
      let reply = new Reply(299);
      for (let i = 0; i < count; i++) reply = await next(ctx);
      return reply;
    };

  test.each([0, 1, 3])("in cache may call what follows %p times", async (count) => {
    const trace: string[] = [];
    const { status } = await run([{ cache: times(count) }], destination(trace));
    expect(status).toBe(count === 0 ? 299 : 200);
    expect(trace.filter((step) => step === "send")).toHaveLength(count);
  });

  test("in forward go around the choice of a target, those in attempt around the sending alone", async () => {
    const forward: string[] = [];
    await run([{ forward: times(2) }], destination(forward));
    expect(forward).toEqual(["prepare", "select", "send", "select", "send"]);
    const attempt: string[] = [];
    await run([{ attempt: times(2) }], destination(attempt));
    expect(attempt).toEqual(["prepare", "select", "send", "send"]);
  });

  test("an attempt sees the target that was chosen for it", async () => {
    const seen: (string | undefined)[] = [];
    const spy: Layer = (next) => (ctx) => {
      seen.push(ctx.target);
      return next(ctx);
    };
    let count = 0;
    const select = (ctx: Context) => {
      ctx.target = `http://${++count}`;
    };
    await run([{ forward: times(2), attempt: spy }], { ...destination([]), select });
    expect(seen).toEqual(["http://1", "http://2"]);
  });

  test("may answer for a failure: it is then none", async () => {
    const fallback: Layer = (next) => async (ctx) => {
      try {
        return await next(ctx);
      } catch {
        return new Reply(203);
      }
    };
    const send = () => Promise.reject(new GatewayError("upstream_connect"));
    const { status, ctx } = await run([{ forward: fallback }], { ...destination([]), send });
    expect(status).toBe(203);
    expect(ctx.error).toBeUndefined();
  });
});

describe("transforms", () => {
  test("each gets what the one before has made, also when that takes time", async () => {
    const add =
      (value: string) =>
      async (_: Context, reply: Reply): Promise<Reply> => {
        await Promise.resolve();
        reply.headers.append("x", value);
        return reply;
      };
    const { reply } = await run([{ response: add("1") }, { response: add("2") }]);
    expect(reply.headers.getAll("x")).toEqual(["1", "2"]);
  });

  test("one that throws makes it a failure, which the others still see; the body before is let go of", async () => {
    const source = new ManualSource();
    const seen: number[] = [];
    const watch: Phases = {
      response(_, reply) {
        seen.push(reply.status);
        return reply;
      },
    };
    const plugins: Phases[] = [
      watch,
      {
        response() {
          throw new Error("a mistake");
        },
      },
      watch,
    ];
    const from = () => new Reply(200, new HeaderList(), Body.from(source));
    const { status, ctx } = await run(plugins, destination([], from));
    expect(status).toBe(500);
    expect(seen).toEqual([200, 500]);
    expect(ctx.error?.code).toBe("internal");
    expect(source.calls).toEqual(["cancel client_closed"]);
  });

  test("one that rejects does the same", async () => {
    const { status } = await run([{ response: () => Promise.reject(new GatewayError("overloaded")) }]);
    expect(status).toBe(503);
  });

  test("one that answers with another reply lets the body before go, unless it took it along", async () => {
    const dropped = new ManualSource();
    const replaced = await run(
      [{ response: () => new Reply(204) }],
      destination([], () => new Reply(200, new HeaderList(), Body.from(dropped))),
    );
    expect(replaced.status).toBe(204);
    expect(dropped.calls).toEqual(["cancel client_closed"]);

    const kept = new ManualSource();
    const { reply } = await run(
      [{ response: (_, { body }) => new Reply(203, new HeaderList(), body) }],
      destination([], () => new Reply(200, new HeaderList(), Body.from(kept))),
    );
    expect(kept.calls).toEqual([]);
    expect(reply.body.take()).toBe(kept);
  });
});

describe("log", () => {
  test("is told of the very outcome, in the order of the configuration", async () => {
    const told: [string, Outcome][] = [];
    const ctx = createRequest();
    const observer = (name: string): Phases => ({ log: (_, outcome) => void told.push([name, outcome]) });
    composePipeline([observer("a"), {}, observer("b")], destination([]), "problem").finish(ctx, OUTCOME);
    expect(told.map(([name]) => name)).toEqual(["a", "b"]);
    expect(told[1]?.[1]).toBe(OUTCOME);
  });

  test("runs after refusals, and is not part of the handling", async () => {
    const trace: string[] = [];
    const pipeline = composePipeline(
      [{ request: refuse("forbidden") }, tracer("b", trace)],
      destination(trace),
      "problem",
    );
    const ctx = createRequest();
    await answerOf(pipeline, ctx);
    expect(trace).not.toContain("b log");
    pipeline.finish(ctx, OUTCOME);
    expect(trace.at(-1)).toBe("b log");
  });
});
