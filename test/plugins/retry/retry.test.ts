import { describe, expect, test } from "bun:test";
import retry from "../../../plugins/retry/index.ts";
import { Body, type Context, GatewayError, HeaderList, Reply } from "../../../src/plugin.ts";
import { testPlugin } from "../../../src/testing.ts";
import { codeOf, ManualSource } from "../../message/manual-source.ts";
import { punctually } from "../../support/punctual.ts";
import { until } from "../../support/until.ts";

const AT_ONCE = { backoff: { base: "0ms", max: "0ms" } };
const LONG = { backoff: { base: "1h", max: "1h" } };

/** A service that fails so often before it is good. */
function failing(times: number, failure: () => Reply) {
  let calls = 0;
  return () => (++calls > times ? Reply.text(200, "good") : failure());
}

const unavailable = (headers: Record<string, string> = {}) => new Reply(503, HeaderList.of(headers));
const reset = (): never => {
  throw new GatewayError("upstream_reset", { bytesSent: true });
};

describe("tries", () => {
  test("are made until one is good, and are counted", async () => {
    const t = await testPlugin(retry, { ...AT_ONCE, "attempts-header": "X-Attempts" });
    const { reply, outcome } = await t.request({}, failing(2, unavailable));
    expect([reply.status, reply.headers.get("x-attempts"), outcome.attempts]).toEqual([200, "3", 3]);
    expect(t.metrics.value("retries_total", { service: "test", reason: "503" })).toBe(2);
    expect(t.metrics.value("budget_requests", { service: "test" })).toBe(1);
    expect(t.metrics.value("budget_retries", { service: "test" })).toBe(2);
  });

  test("end when there have been enough: the last reply, or error, is the answer", async () => {
    const t = await testPlugin(retry, { ...AT_ONCE, attempts: 2 });
    const first = await t.request({}, failing(2, unavailable));
    expect([first.reply.status, first.outcome.attempts]).toEqual([503, 2]);
    const second = await t.request({}, failing(2, reset));
    expect(second.outcome).toMatchObject({ status: 502, attempts: 2, errorCode: "upstream_reset" });
  });

  test("end with a failure that is none of the conditions", async () => {
    const t = await testPlugin(retry, { ...AT_ONCE, on: ["timeout", 500] });
    expect((await t.request({}, failing(1, unavailable))).reply.status).toBe(503);
    expect((await t.request({}, failing(1, reset))).reply.status).toBe(502);
    expect(
      (
        await t.request(
          {},
          failing(1, () => new Reply(500)),
        )
      ).reply.status,
    ).toBe(200);
  });

  const errors: readonly (readonly [string, GatewayError, string, boolean])[] = [
    ["no connection", new GatewayError("upstream_connect"), "connect-failure", true],
    ["no connection in time", new GatewayError("upstream_timeout"), "connect-failure", true],
    ["no connection in time", new GatewayError("upstream_timeout"), "timeout", true],
    ["an open circuit", new GatewayError("circuit_open"), "connect-failure", true],
    ["no answer in time", new GatewayError("upstream_timeout", { bytesSent: true }), "timeout", true],
    ["no answer in time", new GatewayError("upstream_timeout", { bytesSent: true }), "connect-failure", false],
    ["a reset", new GatewayError("upstream_reset", { bytesSent: true }), "reset", true],
    ["no response", new GatewayError("upstream_invalid", { bytesSent: true }), "reset", true],
    ["a full pool", new GatewayError("overloaded"), "overloaded", true],
    ["a full pool", new GatewayError("overloaded"), "connect-failure", false],
    ["no target", new GatewayError("no_target_available"), "connect-failure", false],
    ["a fault of the gateway", new GatewayError("internal"), "reset", false],
    ["a client's fault", new GatewayError("payload_too_large"), "reset", false],
  ];

  test.each(errors)("%s (%p) under %s: %p", async (_, error, condition, isRetried) => {
    const t = await testPlugin(retry, { ...AT_ONCE, on: [condition] });
    const { outcome } = await t.request(
      {},
      failing(1, () => {
        throw error;
      }),
    );
    expect(outcome.attempts).toBe(isRetried ? 2 : 1);
  });

  test("that have failed give up what they have come with", async () => {
    const t = await testPlugin(retry, AT_ONCE);
    const source = new ManualSource();
    await t.request(
      {},
      failing(1, () => new Reply(503, new HeaderList(), Body.from(source))),
    );
    expect(source.calls).toEqual(["cancel client_closed"]);
  });
});

describe("Retry-After", () => {
  test("that is longer than allowed ends the tries: the client is told", async () => {
    const t = await testPlugin(retry, { ...AT_ONCE, "max-retry-after": "1s" });
    const { reply, outcome } = await t.request(
      {},
      failing(1, () => unavailable({ "retry-after": "2" })),
    );
    expect([reply.status, reply.headers.get("retry-after"), outcome.attempts]).toEqual([503, "2", 1]);
  });

  test("is waited for", async () => {
    await punctually(async () => {
      const t = await testPlugin(retry, AT_ONCE);
      const date = new Date(t.clock.nowMs + 1_000).toUTCString();
      t.clock.advance(940);
      const startedAt = performance.now();
      await t.request(
        {},
        failing(1, () => unavailable({ "retry-after": date })),
      );
      expect(performance.now() - startedAt).toBeWithin(59, 600);
    });
  });
});

describe("the wait before a retry", () => {
  test("ends when the client goes", async () => {
    const t = await testPlugin(retry, LONG);
    const ctx = t.context();
    const layered = t.phases.forward?.(() => unavailable());
    const answer = Promise.try(async () => layered?.(ctx));
    await until(() => t.metrics.value("retries_total", { service: "test", reason: "503" }) === 1);
    ctx.abort(new GatewayError("client_closed"));
    expect(await codeOf(answer)).toBe("client_closed");
  });

  test("is not begun when it would be longer than the time that is left", async () => {
    const t = await testPlugin(retry, AT_ONCE);
    const late = (ctx: Context) => {
      ctx.deadlineAt = performance.now() - 1;
      return unavailable();
    };
    expect((await t.request({}, late)).outcome).toMatchObject({ status: 503, attempts: 1 });
  });
});

describe("the budget", () => {
  const budget = { ratio: "20%", minimum: 1 };

  test("is that of all routes to a service, for a second", async () => {
    const t = await testPlugin(retry, { ...AT_ONCE, attempts: 2, budget });
    const attemptsOf = async (one = t) => (await one.request({}, failing(1, unavailable))).outcome.attempts;
    const other = await t.again();
    expect([await attemptsOf(), await attemptsOf(other)]).toEqual([2, 1]);
    expect(t.metrics.value("refused_total", { service: "test" })).toBe(1);
    const elsewhere = await t.again(undefined, { service: "other" });
    expect(await attemptsOf(elsewhere)).toBe(2);
    t.clock.advance(1_000);
    expect([await attemptsOf(other), await attemptsOf()]).toEqual([2, 1]);
    for (let i = 0; i < 7; i++) await t.request();
    expect([await attemptsOf(), await attemptsOf()]).toEqual([2, 1]);
  });

  test("does not count what no target has got", async () => {
    const t = await testPlugin(retry, { ...AT_ONCE, budget: { ratio: "0%", minimum: 0 } });
    const refused = (): never => {
      throw new GatewayError("upstream_connect");
    };
    expect((await t.request({}, failing(2, refused))).outcome).toMatchObject({ status: 200, attempts: 3 });
    expect((await t.request({}, failing(1, reset))).outcome).toMatchObject({ status: 502, attempts: 1 });
  });
});

describe("options", () => {
  test.each([
    [{ attempts: 0 }, "attempts: expected a whole number from 1 to 10"],
    [{ on: ["conect-failure"] }, "on[0]: expected connect-failure, reset, timeout, overloaded or a status"],
    [{ on: [302] }, "on[0]: expected"],
    [{ methods: ["get"] }, "methods[0]: expected a method in capitals"],
    [{ hedge: { after: "p99" } }, "hedge.after: expected a duration such as 200ms, or p95"],
    [{ hedge: { after: "1s", methods: ["POST"] } }, "hedge.methods[0]: expected"],
    [{ attempts: 1, hedge: { after: "1s" } }, "hedge needs attempts of at least 2"],
    [{ backoff: { base: "2s", max: "1s" } }, "backoff.base is longer than backoff.max"],
    [{ "per-try-timeout": "0s" }, "per-try-timeout leaves no time for a try"],
    [{ "attempts-header": "Content-Length" }, "attempts-header: content-length is the gateway's own"],
  ])("%p are refused", async (options, message) => {
    await expect(testPlugin(retry, options)).rejects.toThrow(message);
  });
});
