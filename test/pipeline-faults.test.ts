import { describe, expect, test } from "bun:test";
import { GatewayError } from "../src/errors.ts";
import { Reply } from "../src/message/reply.ts";
import { answerOf, composePipeline } from "../src/pipeline.ts";
import type { Phases } from "../src/plugin.ts";
import { createRequest, destination, OUTCOME, refuse } from "./pipeline-run.ts";

/** Runs plugins of any shape, as one written without types may be. */
async function outcomeOf(...plugins: readonly unknown[]) {
  const ctx = createRequest();
  const reply = await answerOf(composePipeline(plugins as Phases[], destination([]), "problem"), ctx);
  return { ctx, status: reply.status, problem: (await reply.body.json(10_000)) as { code: string } };
}

describe("a plugin whose answer cannot be sent is at fault, and the client gets 500", () => {
  const bad = { nothing: undefined, "a text": "hello", "an object": { status: 200 } };
  const statuses = [99, 101, 199, 600, 200.5, Number.NaN];

  test.each(Object.keys(bad))("from a layer: %s", async (name) => {
    const answer = bad[name as keyof typeof bad];
    const { status, ctx } = await outcomeOf({ cache: () => () => answer });
    expect(status).toBe(500);
    expect(ctx.error?.code).toBe("internal");
  });

  test.each(["a text", "an object"] as const)("from a filter: %s", async (name) => {
    expect((await outcomeOf({ limit: () => bad[name] })).status).toBe(500);
  });

  test.each(Object.keys(bad))("from a response phase: %s", async (name) => {
    expect((await outcomeOf({ response: () => bad[name as keyof typeof bad] })).status).toBe(500);
  });

  test.each(statuses)("with the status %p", async (status) => {
    expect((await outcomeOf({ request: () => new Reply(status) })).status).toBe(500);
    expect((await outcomeOf({ cache: () => () => new Reply(status) })).status).toBe(500);
    expect((await outcomeOf({ response: () => new Reply(status) })).status).toBe(500);
  });

  test("with an error whose header is invalid", async () => {
    const error = new GatewayError("rate_limited", { headers: { "Retry-After": "1" } });
    const { status, problem, ctx } = await outcomeOf({ limit: () => Promise.reject(error) });
    expect([status, problem.code, ctx.error?.code]).toEqual([500, "internal", "internal"]);
  });
});

test("a web response is a reply from every phase", async () => {
  const make = () => new Response("{}", { status: 203 });
  expect((await outcomeOf({ limit: make })).status).toBe(203);
  expect((await outcomeOf({ cache: () => make })).status).toBe(203);
  expect((await outcomeOf({ response: make })).status).toBe(203);
});

test("a response phase that fails after a refusal is what the client and the log are told of", async () => {
  const { status, ctx } = await outcomeOf({
    limit: refuse("rate_limited"),
    response: () => Promise.reject(new GatewayError("forbidden")),
  });
  expect([status, ctx.error?.code]).toEqual([403, "forbidden"]);
});

test("a log phase that throws keeps none of the others from seeing the request", () => {
  const seen: string[] = [];
  const throws = (text: string) => () => {
    throw new Error(text);
  };
  const plugins = [{ log: throws("first") }, { log: () => void seen.push("second") }, { log: throws("third") }];
  const pipeline = composePipeline(plugins, destination([]), "problem");
  expect(() => pipeline.finish(createRequest(), OUTCOME)).toThrow(AggregateError);
  expect(seen).toEqual(["second"]);
});
