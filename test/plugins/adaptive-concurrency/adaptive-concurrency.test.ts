import { describe, expect, test } from "bun:test";
import plugin from "../../../plugins/adaptive-concurrency/index.ts";
import { GatewayError } from "../../../src/errors.ts";
import { Reply } from "../../../src/message/reply.ts";
import { type PluginTest, testPlugin } from "../../../src/testing.ts";

const ONE = { min: 1, max: 1, initial: 1 };
const SITE = { service: "test", site: "route test" };

/** A request whose answer waits until it is told. */
function hold(t: PluginTest) {
  const answer = Promise.withResolvers<Reply>();
  const started = Promise.withResolvers<void>();
  const result = t.request({}, () => {
    started.resolve();
    return answer.promise;
  });
  return { result, started: started.promise, ...answer };
}

const usual = (t: PluginTest) => t.metrics.value("usual_latency_seconds", SITE);

describe("a service that is at its limit", () => {
  test("gets no more: 503 overloaded with Retry-After, nothing was sent, and it is told", async () => {
    const t = await testPlugin(plugin, ONE);
    const first = hold(t);
    await first.started;
    const { reply, outcome, ctx } = await t.request();
    expect(reply.status).toBe(503);
    expect(reply.headers.get("retry-after")).toBe("1");
    expect(outcome).toMatchObject({ errorCode: "overloaded", attempts: 0 });
    expect(ctx.error?.bytesSent).toBe(false);
    expect(t.metrics.value("refused_total", SITE)).toBe(1);
    expect([t.metrics.value("limit", SITE), t.metrics.value("in_flight", SITE)]).toEqual([1, 1]);
    expect(t.phases.limiter?.()).toEqual({
      plugin: "adaptive-concurrency",
      site: "route test",
      limit: 1,
      inFlight: 1,
      refused: 1,
    });
    first.resolve(Reply.text(200, "ok"));
    expect((await first.result).reply.status).toBe(200);
    expect((await t.request()).reply.status).toBe(200);
    expect(t.metrics.value("in_flight", SITE)).toBe(0);
  });

  test("is told in the log once, however many are refused", async () => {
    const t = await testPlugin(plugin, ONE);
    const first = hold(t);
    await first.started;
    for (let i = 0; i < 5; i++) await t.request();
    first.resolve(Reply.text(200, "ok"));
    await first.result;
    expect(t.logs.map(({ level, message }) => [level, message])).toEqual([
      ["warn", "adaptive-concurrency begins to refuse requests"],
    ]);
  });

  test("keeps its limiter over a reload; another service has its own", async () => {
    const t = await testPlugin(plugin, ONE);
    const first = hold(t);
    await first.started;
    const next = await t.again();
    expect((await next.request()).reply.status).toBe(503);
    await t.close();
    expect([next.metrics.value("limit", SITE), next.metrics.value("in_flight", SITE)]).toEqual([1, 1]);
    const other = await t.again(ONE, { service: "other" });
    expect((await other.request()).reply.status).toBe(200);
    first.resolve(Reply.text(200, "ok"));
    await first.result;
    expect((await next.request()).reply.status).toBe(200);
  });
});

describe("what is measured", () => {
  const ten = async (t: PluginTest, answer: () => Reply) => {
    for (let i = 0; i < 12; i++) await t.request({}, answer);
  };

  test("answers, also those that say no", async () => {
    const t = await testPlugin(plugin);
    await ten(t, () => Reply.text(404, "no"));
    expect(usual(t)).toBeGreaterThan(0);
  });

  test("attempts that time out", async () => {
    const t = await testPlugin(plugin);
    await ten(t, () => {
      throw new GatewayError("upstream_timeout");
    });
    expect(usual(t)).toBeGreaterThan(0);
  });

  const ignored: readonly [string, () => Reply][] = [
    ["a client that left", () => thrown("client_closed")],
    ["a connection that failed", () => thrown("upstream_connect")],
    ["a reset", () => thrown("upstream_reset")],
    ["an error of the service", () => Reply.text(500, "oh")],
    ["a bug", () => thrown("internal")],
  ];
  test.each(ignored)("not %s, and its place is free again", async (_, answer) => {
    const t = await testPlugin(plugin, ONE);
    await ten(t, answer);
    expect([usual(t), t.metrics.value("in_flight", SITE)]).toEqual([0, 0]);
    expect(t.metrics.value("refused_total", SITE)).toBe(0);
  });
});

function thrown(code: "client_closed" | "upstream_connect" | "upstream_reset" | "internal"): never {
  throw new GatewayError(code);
}

describe("options that do not fit are refused", () => {
  test.each([
    [{ min: 30, max: 20 }, "min: expected at most max, which is 20, found 30"],
    [{ min: 10, initial: 5 }, "initial: expected a number from min to max, 10 to 1000, found 5"],
    [{ smoothing: "0%" }, "smoothing: expected a share above 0% and at most 100%"],
    [{ window: "5ms" }, "window: expected at least 10ms"],
    [{ tolerance: 0.5 }, "tolerance"],
    [{ limit: 5 }, "limit"],
  ])("%j", async (options, message) => {
    await expect(testPlugin(plugin, options)).rejects.toThrow(message);
  });
});
