import { describe, expect, test } from "bun:test";
import { contextKey } from "../src/context/key.ts";
import { GatewayError } from "../src/errors.ts";
import { createContext } from "../src/testing/request.ts";

const GONE = new GatewayError("client_closed");
const LATE = new GatewayError("upstream_timeout");

const create = () => createContext({ path: "/users?a=1" }, { name: "users", path: "/users" }, "users");

describe("a fork", () => {
  test("asks for the same, on the same route", () => {
    const ctx = create();
    ctx.upstreamPath = "/v2/users";
    const fork = ctx.fork();
    expect(fork.request).toBe(ctx.request);
    expect(fork).toMatchObject({ upstreamPath: "/v2/users", upstreamQuery: "a=1", service: "users", route: ctx.route });
  });

  test("shares id, values, counts and deadline, in both directions", () => {
    const key = contextKey<number>("shared");
    const ctx = create();
    const fork = ctx.fork();
    fork.set(key, 1);
    fork.attempts++;
    fork.upstreamStartedAt = 5;
    fork.upstreamEndedAt = 6;
    fork.deadlineAt = 7;
    expect(ctx).toMatchObject({
      attempts: 1,
      upstreamStartedAt: 5,
      upstreamEndedAt: 6,
      deadlineAt: 7,
      requestId: fork.requestId,
    });
    expect(ctx.get(key)).toBe(1);
    ctx.attempts++;
    expect(fork.fork().attempts).toBe(2);
  });

  test("has an end of its own", () => {
    const ctx = create();
    const [first, second] = [ctx.fork(), ctx.fork()];
    const reasons: unknown[] = [];
    first.inFlight = { cancel: (reason) => reasons.push(reason) };
    first.abort(LATE);
    first.abort(GONE);
    expect(reasons).toEqual([LATE]);
    expect(first.signal.reason).toBe(LATE);
    expect([ctx.isAborted, second.isAborted, second.signal.aborted]).toEqual([false, false, false]);
    expect(ctx.error).toBeUndefined();
  });

  test("ends with the request, whether it was made before or after", () => {
    const ctx = create();
    const early = ctx.fork();
    const nested = early.fork();
    const reasons: unknown[] = [];
    nested.inFlight = { cancel: (reason) => reasons.push(reason) };
    ctx.abort(GONE);
    expect(reasons).toEqual([GONE]);
    expect([early.signal.reason, ctx.fork().signal.reason]).toEqual([GONE, GONE]);
  });

  test("that counts tells the request its target and times", () => {
    const ctx = create();
    const [first, second] = [ctx.fork(), ctx.fork()];
    first.select({ url: "http://a" }, []);
    second.select({ url: "http://b" }, []);
    first.upstreamRepliedAt = 9;
    ctx.join(first);
    expect(ctx).toMatchObject({ target: "http://a", upstreamRepliedAt: 9, selected: { url: "http://a" } });
  });
});

describe("the targets that a request has tried", () => {
  test("are those of all attempts, the latest last", () => {
    const ctx = create();
    expect(ctx.triedTargets()).toEqual([]);
    ctx.select({ url: "http://a" }, ctx.triedTargets());
    ctx.fork().select({ url: "http://b" }, ctx.triedTargets());
    expect(ctx.fork().triedTargets()).toEqual([{ url: "http://a" }, { url: "http://b" }]);
  });

  test("are the same list for all requests while there is none", () => {
    expect(create().triedTargets()).toBe(create().triedTargets());
  });
});
