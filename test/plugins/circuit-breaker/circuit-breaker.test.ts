import { describe, expect, test } from "bun:test";
import circuitBreaker from "../../../plugins/circuit-breaker/index.ts";
import { GatewayError } from "../../../src/errors.ts";
import { Body } from "../../../src/message/body.ts";
import { Reply } from "../../../src/message/reply.ts";
import { testPlugin } from "../../../src/testing.ts";

const TARGET = "http://upstream.test";
const fails = () => {
  throw new GatewayError("upstream_reset", { bytesSent: true });
};
const says = (status: number) => () => Reply.text(status, "said");

async function create(options: Readonly<Record<string, unknown>> = {}) {
  const t = await testPlugin(circuitBreaker, { "consecutive-failures": 2, ...options });
  const open = async () => {
    for (let i = 0; i < 2; i++) await t.request({}, fails);
  };
  const codes = async (...upstreams: (() => Reply)[]) => {
    const results: unknown[] = [];
    for (const upstream of upstreams) {
      const { outcome } = await t.request({}, upstream);
      results.push(outcome.errorCode ?? outcome.status);
    }
    return results;
  };
  return { t, open, codes };
}

describe("failures", () => {
  const error = (code: ConstructorParameters<typeof GatewayError>[0], bytesSent: boolean) => () => {
    throw new GatewayError(code, { bytesSent });
  };

  test.each([
    ["connect-failure", error("upstream_connect", false), true],
    ["connect-failure", error("upstream_timeout", false), true],
    ["connect-failure", error("upstream_timeout", true), false],
    ["connect-failure", error("upstream_reset", true), false],
    ["reset", error("upstream_reset", true), true],
    ["reset", error("upstream_invalid", true), true],
    ["timeout", error("upstream_timeout", true), true],
    ["timeout", error("upstream_timeout", false), true],
    ["overloaded", error("overloaded", false), true],
    ["timeout", error("overloaded", false), false],
    [429, says(429), true],
    [503, says(429), false],
    [503, says(503), true],
    [503, error("internal", false), false],
    [503, error("client_closed", true), false],
    [503, error("payload_too_large", true), false],
  ] as const)("%p: %p counts: %p", async (failure, upstream, counts) => {
    const { t, codes } = await create({ failures: [failure] });
    await codes(upstream, upstream);
    expect((await codes(says(200)))[0]).toBe(counts ? "circuit_open" : 200);
    expect(t.metrics.value("refused_total", { service: "test", target: TARGET })).toBe(counts ? 1 : 0);
  });

  test("by default are errors of the service and four statuses, and no other", async () => {
    for (const status of [400, 404, 429, 499, 501, 505]) {
      expect((await (await create()).codes(says(status), says(status), says(200)))[2]).toBe(200);
    }
    for (const status of [500, 502, 503, 504]) {
      expect((await (await create()).codes(says(status), says(status), says(200)))[2]).toBe("circuit_open");
    }
  });
});

test("what is no failure of the service is no success either", async () => {
  const { t, codes, open } = await create();
  const gone = () => {
    throw new GatewayError("client_closed", { bytesSent: true });
  };
  expect(await codes(fails, gone, fails, says(200))).toEqual([
    "upstream_reset",
    "client_closed",
    "upstream_reset",
    "circuit_open",
  ]);
  await open();
  t.clock.advance(10_000);
  await t.request({}, gone);
  expect(t.phases.watch?.circuits()[0]?.state).toBe("half-open");
});

describe("state", () => {
  test("outlives a reload, and other options take effect with its first request", async () => {
    const { t, open } = await create({ open: "5s" });
    await open();
    const reloaded = await t.again({ "consecutive-failures": 3, open: "1m" });
    await t.close();
    expect((await reloaded.request()).outcome.errorCode).toBe("circuit_open");
    t.clock.advance(5_000);
    expect((await reloaded.request()).reply.status).toBe(200);
    for (let i = 0; i < 2; i++) await reloaded.request({}, fails);
    expect((await reloaded.request()).reply.status).toBe(200);
    for (let i = 0; i < 3; i++) await reloaded.request({}, fails);
    // Twice as long, for it was not well in between for as long as it had been open.
    expect((await reloaded.request()).reply.headers.get("retry-after")).toBe("120");
  });

  test("is that of a place in the configuration: a route with options of its own has breakers of its own", async () => {
    const { t, open } = await create();
    await open();
    const other = await t.again({}, { site: "route other" });
    expect((await other.request()).reply.status).toBe(200);
  });

  test("is counted, and told to the admin port", async () => {
    const { t, open } = await create();
    await t.request();
    const state = (name: string) => t.metrics.value("state", { service: "test", target: TARGET, state: name });
    expect([state("closed"), state("open")]).toEqual([1, undefined]);
    await open();
    expect([state("closed"), state("open")]).toEqual([0, 1]);
    t.clock.advance(10_000);
    await t.request();
    expect([state("closed"), state("half-open"), state("open")]).toEqual([1, 0, 0]);
    expect(t.metrics.value("changes_total", { service: "test", target: TARGET, state: "open" })).toBe(1);
    expect(t.phases.watch?.circuits()).toEqual([
      {
        site: "route test",
        target: TARGET,
        state: "closed",
        since: t.clock.nowMs,
        reason: "probes have succeeded",
        openUntil: undefined,
        isForced: false,
      },
    ]);
  });

  test("names the targets to avoid: open, or half-open with no place for a probe", async () => {
    const { t, open } = await create();
    const avoided = () => [...(t.phases.watch?.avoided() ?? [])];
    const none = t.phases.watch?.avoided() as ReadonlySet<string>;
    expect([...none]).toEqual([]);
    await open();
    expect(avoided()).toEqual([TARGET]);
    t.clock.advance(10_000);
    expect(avoided()).toEqual([]);
    const release = Promise.withResolvers<Reply>();
    const probe = t.request({}, () => release.promise);
    expect(avoided()).toEqual([TARGET]);
    expect((await t.request()).reply.headers.get("retry-after")).toBe("1");
    release.resolve(Reply.text(200, "ok"));
    await probe;
    // All is well: that costs nothing.
    expect(t.phases.watch?.avoided()).toBe(none);
  });

  test("of a target that nobody asks for any more is forgotten, open or half-open", async () => {
    const { t, open } = await create();
    const avoided = () => [...(t.phases.watch?.avoided() ?? [])];
    const state = (name: string) => t.metrics.value("state", { service: "test", target: TARGET, state: name });
    await open();
    t.clock.advance(609_999);
    expect(avoided()).toEqual([]);
    expect([t.phases.watch?.circuits().length, state("open")]).toEqual([1, 1]);
    t.clock.advance(1);
    expect(avoided()).toEqual([]);
    expect([t.phases.watch?.circuits().length, state("open"), state("closed")]).toEqual([0, 0, 0]);

    await open();
    t.clock.advance(10_000);
    await t.request({}, () => {
      throw new GatewayError("client_closed", { bytesSent: true });
    });
    expect([state("half-open"), state("open")]).toEqual([1, 0]);
    t.clock.advance(600_000);
    expect(avoided()).toEqual([]);
    expect([t.phases.watch?.circuits().length, state("half-open")]).toEqual([0, 0]);
  });

  test("is kept for 1,000 targets at most", async () => {
    const { t } = await create();
    const attempt = t.phases.attempt?.(() => Reply.text(200, "ok"));
    for (let i = 0; i < 1_010; i++) {
      const ctx = t.context();
      ctx.target = `http://${i}.test`;
      await attempt?.(ctx);
    }
    const circuits = t.phases.watch?.circuits() ?? [];
    expect([circuits.length, circuits[0]?.target]).toEqual([1_000, "http://10.test"]);
  });
});

describe("a fallback", () => {
  test("is not for a client that has gone", async () => {
    const { t } = await create({ fallback: { on: "failure", body: "sorry" } });
    const ctx = t.context();
    const reset = new GatewayError("upstream_reset");
    const layer = t.phases.cache?.(() => {
      ctx.abort(new GatewayError("client_closed"));
      throw reset;
    });
    await expect(Promise.try(async () => layer?.(ctx))).rejects.toBe(reset);
  });

  test("gives up the reply that it stands for, and is counted", async () => {
    const { t } = await create({ fallback: { on: "failure", body: "sorry" } });
    const given: unknown[] = [];
    const source = { length: undefined, start() {}, resume() {}, cancel: (error: Error) => void given.push(error) };
    const { reply } = await t.request({}, () => new Reply(503, undefined, Body.from(source)));
    expect([await reply.body.text(10), given.length]).toEqual(["sorry", 1]);
    expect(t.metrics.value("fallbacks_total", { service: "test" })).toBe(1);
  });
});

describe("options", () => {
  test.each([
    [{ scope: "targets" }, "scope: expected target or service"],
    [{ failures: ["resets"] }, "failures[0]: expected connect-failure, reset, timeout, overloaded or a status"],
    [{ failures: [302] }, "failures[0]: expected"],
    [{ failures: [] }, "failures: expected a list of at least 1"],
    [{ "failure-ratio": "0%" }, "failure-ratio: expected a share above 0% and up to 100%"],
    [{ "slow-ratio": "120%" }, "slow-ratio: expected a share above 0% and up to 100%"],
    [{ "half-open-probes": 0 }, "half-open-probes: expected a whole number from 1 to 1000"],
    [{ open: "0s" }, "open: expected more than 0s"],
    [{ open: "2m", "max-open": "1m" }, "open is longer than max-open"],
    [{ window: "5ms" }, "window: expected at least 10ms"],
    [{ "slow-call": "0s" }, "slow-call: with 0s every call is slow"],
    [{ fallback: { bdy: "x" } }, 'fallback.bdy: unknown key "bdy"'],
    [{ fallback: { status: 99 } }, "fallback.status: expected a whole number from 200 to 599"],
    [{ fallback: { body: "x", json: {} } }, "fallback: give body or json, not both"],
    [{ fallback: { status: 204, body: "x" } }, "fallback: a reply of status 204 has no body"],
    [{ fallback: { headers: { Connection: "close" } } }, "fallback.headers: Connection is set by the gateway itself"],
    [{ fallback: { service: "none" } }, 'there is no service "none"'],
  ])("%p are refused", async (options, message) => {
    await expect(testPlugin(circuitBreaker, options)).rejects.toThrow(message);
  });

  test("a service cannot be its own fallback, and is none where options are for several", async () => {
    const options = { fallback: { service: "test" } };
    const services = { test: says(200) };
    const own = testPlugin(circuitBreaker, options, { services, site: "service test" });
    await expect(own).rejects.toThrow("fallback.service: test cannot be its own fallback");
    const t = await testPlugin(circuitBreaker, options, { services, site: "global" });
    expect(Object.keys(t.phases)).toEqual(["watch", "attempt"]);
  });

  test("do nothing where there is no service", async () => {
    const t = await testPlugin(circuitBreaker, {}, { service: undefined });
    expect(t.phases).toEqual({});
  });

  test("a fallback is a reply or a service", async () => {
    const place = { services: { spare: says(200) } };
    const options = { fallback: { service: "spare", body: "x" } };
    await expect(testPlugin(circuitBreaker, options, place)).rejects.toThrow("give a reply or a service, not both");
  });
});
