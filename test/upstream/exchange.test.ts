import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { Body } from "../../src/message/body.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { awaitable } from "../../src/message/pending.ts";
import { Reply } from "../../src/message/reply.ts";
import { createContext, type TestRequest } from "../../src/testing/request.ts";
import { Timeout, TimeoutQueue } from "../../src/timeouts.ts";
import { Exchange } from "../../src/upstream/exchange.ts";
import { TargetStats } from "../../src/upstream/stats.ts";
import { codeOf, ManualSource, sourceOf } from "../message/manual-source.ts";

const GONE = new GatewayError("client_closed");

function create(request: TestRequest = {}) {
  const stats = new TargetStats();
  const exchange = new Exchange(createContext(request, undefined, undefined), "HEAD", stats);
  const errors = () => stats.snapshot({ open: 0, idle: 0, inUse: 0, tunnels: 0, pending: 0 }).errors;
  return { exchange, errors, ctx: exchange.ctx };
}

const replyOf = async (exchange: Exchange) => awaitable(exchange);

describe("the promise of the reply", () => {
  test("is kept by the first reply; another is let go of", async () => {
    const { exchange, errors } = create();
    const reply = new Reply(200);
    const late = new ManualSource();
    exchange.resolve(reply);
    exchange.resolve(new Reply(200, new HeaderList(), Body.from(late)));
    exchange.reject(GONE);
    expect(await replyOf(exchange)).toBe(reply);
    expect(late.calls).toEqual(["cancel client_closed"]);
    expect(exchange.isSettled).toBe(true);
    expect(errors()).toEqual({});
  });

  test("is broken by the first error, which is counted once", async () => {
    const { exchange, errors } = create();
    const late = new ManualSource();
    exchange.reject(new GatewayError("upstream_reset"));
    exchange.reject(new GatewayError("upstream_invalid"));
    exchange.resolve(new Reply(200, new HeaderList(), Body.from(late)));
    expect(await codeOf(replyOf(exchange))).toBe("upstream_reset");
    expect(errors()).toEqual({ upstream_reset: 1 });
    expect(late.calls).toEqual(["cancel client_closed"]);
  });

  test("once settled the request has nothing in flight, unless that is another attempt", async () => {
    const { exchange, ctx } = create();
    ctx.inFlight = exchange;
    exchange.resolve(new Reply(200));
    expect(ctx.inFlight).toBeUndefined();

    const first = create();
    const second = create();
    first.ctx.inFlight = second.exchange;
    first.exchange.reject(GONE);
    expect(first.ctx.inFlight).toBe(second.exchange);
    expect(await codeOf(replyOf(first.exchange))).toBe("client_closed");
  });

  test("the arrival of its head is noted", () => {
    const { exchange, ctx } = create();
    exchange.onReply(1_234, 56);
    expect(ctx.upstreamRepliedAt).toBe(1_234);
  });
});

describe("cancelling", () => {
  test("stops whoever has it, once, before it is settled", async () => {
    const { exchange } = create();
    const drops: [Exchange, boolean][] = [];
    exchange.holder = { drop: (dropped) => void drops.push([dropped, dropped.isSettled]) };
    exchange.cancel(GONE);
    exchange.cancel(GONE);
    expect(drops).toEqual([[exchange, false]]);
    expect(exchange.holder).toBeUndefined();
    expect(await codeOf(replyOf(exchange))).toBe("client_closed");
  });

  test("what is settled stops nobody", async () => {
    const { exchange } = create();
    exchange.resolve(new Reply(200));
    let drops = 0;
    exchange.holder = { drop: () => void drops++ };
    exchange.cancel(GONE);
    expect(drops).toBe(0);
    expect((await replyOf(exchange)).status).toBe(200);
  });

  test("is what a client does that goes", async () => {
    const { exchange, ctx } = create();
    ctx.inFlight = exchange;
    ctx.abort(GONE);
    expect(await codeOf(replyOf(exchange))).toBe("client_closed");
  });
});

describe("timeouts", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test("the total one begins once, and ends the exchange as the target's fault", async () => {
    const { exchange } = create();
    const queue = new TimeoutQueue(100);
    exchange.startTotal(queue, performance.now());
    jest.advanceTimersByTime(60);
    exchange.startTotal(queue, performance.now());
    jest.advanceTimersByTime(60);
    expect(exchange.isSettled).toBe(true);
    const error = await replyOf(exchange).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "upstream_timeout", bytesSent: true });
  });

  test("that of the wait in a pool says that there is too much in flight", async () => {
    const { exchange } = create();
    exchange.wait = new Timeout(exchange);
    exchange.wait.set(new TimeoutQueue(100));
    jest.advanceTimersByTime(100);
    const error = await replyOf(exchange).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "overloaded", bytesSent: false });
  });

  test("stop with the exchange, and do not begin afterwards", () => {
    const { exchange } = create();
    const queue = new TimeoutQueue(100);
    exchange.wait = new Timeout(exchange);
    exchange.wait.set(queue);
    exchange.startTotal(queue, performance.now());
    exchange.resolve(new Reply(200));
    expect(exchange.wait.isSet).toBe(false);
    exchange.startTotal(queue, performance.now());
    jest.advanceTimersByTime(100);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe("running once more on a new connection", () => {
  test.each<[string, boolean, boolean, TestRequest]>([
    ["GET, nothing sent", true, false, { method: "GET" }],
    ["GET, sent", true, true, { method: "GET" }],
    ["PUT with a body in memory, sent", true, true, { method: "PUT", body: "x" }],
    ["POST, nothing sent", true, false, { method: "POST", body: "x" }],
    ["POST, sent", false, true, { method: "POST", body: "x" }],
    ["PATCH, sent", false, true, { method: "PATCH" }],
    ["POST with a key, sent", true, true, { method: "POST", headers: { "idempotency-key": "1" } }],
  ])("%s: %p", (_, expected, hasSent, request) => {
    expect(create(request).exchange.mayRepeat(hasSent)).toBe(expected);
  });

  test("is not for a body that went by, though nothing was sent", () => {
    expect(create({ method: "PUT", body: Body.from(sourceOf("x")) }).exchange.mayRepeat(false)).toBe(false);
  });

  test("is for one time", () => {
    const { exchange } = create();
    exchange.isRepeated = true;
    expect(exchange.mayRepeat(false)).toBe(false);
  });
});
