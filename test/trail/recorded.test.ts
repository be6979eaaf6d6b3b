import { describe, expect, test } from "bun:test";
import type { Context } from "../../src/context.ts";
import { GatewayError } from "../../src/errors.ts";
import { type FilterReceiver, PendingFilter } from "../../src/message/pending.ts";
import { Reply } from "../../src/message/reply.ts";
import { answerOf, composePipeline, type Destination } from "../../src/pipeline.ts";
import type { Phases } from "../../src/plugin.ts";
import { recordedDestination, recordedPhases } from "../../src/trail/recorded.ts";
import { TRAIL, Trail } from "../../src/trail/trail.ts";
import { createRequest } from "../pipeline-run.ts";

/** A filter that is under way, and passes or fails when somebody waits for it. */
class Pending extends PendingFilter {
  readonly #error: unknown;

  constructor(error?: unknown) {
    super();
    this.#error = error;
  }

  deliverTo(receiver: FilterReceiver): void {
    queueMicrotask(() => (this.#error === undefined ? receiver.onPass() : receiver.onFailure(this.#error)));
  }
}

function toService(send: Destination["send"]): Destination {
  return {
    select: (ctx) => {
      ctx.service = "s";
      ctx.target = "http://t";
    },
    send,
  };
}

const OK = toService(async () => Reply.text(200, "ok"));

/** Sends one request on its way, with a trail or without; by the phases themselves, or recorded. */
async function run(phases: Phases, destination: Destination = OK, hasTrail = true) {
  const ctx: Context = createRequest();
  const trail = new Trail(ctx.startedAt);
  if (hasTrail) ctx.set(TRAIL, trail);
  const recorded = recordedPhases({ name: "p", phases });
  const pipeline = composePipeline([recorded], recordedDestination(destination), "problem");
  const plain = composePipeline([phases], destination, "problem");
  const reply = await answerOf(pipeline, ctx);
  const expected = await answerOf(plain, createRequest());
  expect([reply.status, await reply.body.text(1_000)]).toEqual([expected.status, expect.any(String)]);
  return { status: reply.status, trail };
}

const refusal = () => new GatewayError("forbidden", { cause: new Error("because") });

describe("a filter", () => {
  test.each([
    ["at once", (): undefined => undefined],
    ["later", async (): Promise<undefined> => undefined],
    ["told by a call", () => new Pending()],
  ] as const)("that passes %s is noted as passed", async (_, filter) => {
    const { status, trail } = await run({ authenticate: filter });
    expect(status).toBe(200);
    expect(trail.steps).toMatchObject([
      { plugin: "p", phase: "authenticate", result: "passed", atMs: expect.any(Number), ms: expect.any(Number) },
    ]);
  });

  test.each([
    [
      "at once",
      () => {
        throw refusal();
      },
    ],
    ["later", () => Promise.reject(refusal())],
    ["told by a call", () => new Pending(refusal())],
  ] as const)("that refuses %s is noted with its code and cause", async (_, filter) => {
    const { status, trail } = await run({ limit: filter });
    expect(status).toBe(403);
    expect(trail.steps).toMatchObject([{ phase: "limit", result: "refused", status: 403, code: "forbidden" }]);
    expect(trail.steps[0]?.reason).toContain("because");
    expect(trail.attempts).toEqual([]);
  });

  test("that answers, or breaks, is told apart", async () => {
    const answered = await run({ request: () => Reply.text(418, "tea") });
    expect(answered.trail.steps).toMatchObject([{ result: "answered", status: 418 }]);
    const broken = await run({
      request: () => {
        throw new TypeError("a bug");
      },
    });
    expect([broken.status, broken.trail.steps[0]?.result]).toEqual([500, "failed"]);
  });
});

describe("a layer", () => {
  test("that answers by itself has not called, and one that tries again has twice", async () => {
    const hit = await run({ cache: () => () => Reply.text(200, "stored") });
    expect(hit.trail.steps).toMatchObject([{ phase: "cache", result: "answered", calls: 0 }]);
    expect(hit.trail.attempts).toEqual([]);
    let tries = 0;
    const flaky = toService(async () => {
      if (tries++ % 2 === 0) throw new GatewayError("upstream_connect", { cause: new Error("refused") });
      return Reply.text(200, "ok");
    });
    const retry: Phases = { forward: (next) => async (ctx) => Promise.resolve(next(ctx)).catch(() => next(ctx)) };
    const { trail } = await run(retry, flaky);
    expect(trail.steps).toMatchObject([{ phase: "forward", result: "passed", calls: 2, status: 200 }]);
    expect(trail.attempts).toMatchObject([
      { service: "s", target: "http://t", result: "refused", status: 502, code: "upstream_connect" },
      { service: "s", target: "http://t", result: "answered", status: 200 },
    ]);
  });

  test("notes what the cache says of its reply", async () => {
    const { trail } = await run({
      cache: () => () => {
        const reply = Reply.text(200, "stored");
        reply.headers.set("cache-status", "sluice; hit");
        return reply;
      },
    });
    expect(trail.steps[0]?.cacheStatus).toBe("sluice; hit");
  });
});

test("that no target can be chosen is an attempt that has failed", async () => {
  const nowhere: Destination = {
    select: () => {
      throw new GatewayError("no_target_available");
    },
    send: () => Reply.text(200, "never"),
  };
  const { status, trail } = await run({}, nowhere);
  expect([status, trail.attempts.map(({ code }) => code)]).toEqual([503, ["no_target_available"]]);
});

test("a request without a trail goes the same way, and nothing is noted", async () => {
  const { status, trail } = await run(
    { request: () => undefined, forward: (next) => next, response: (_, r) => r },
    OK,
    false,
  );
  expect([status, trail.steps, trail.attempts]).toEqual([200, [], []]);
});

test("a trail is bounded", async () => {
  const again: Phases = {
    forward: (next) => async (ctx) => {
      for (let n = 0; n < 500; n++) (await next(ctx)).discard();
      return next(ctx);
    },
  };
  const { trail } = await run(again);
  expect(trail.attempts).toHaveLength(200);
  expect(trail.steps[0]?.calls).toBe(501);
});
