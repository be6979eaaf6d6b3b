import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import plugin from "../../../plugins/concurrency-limit/index.ts";
import { GatewayError } from "../../../src/errors.ts";
import { Reply } from "../../../src/message/reply.ts";
import { type PluginTest, type TestRequest, type TestResult, testPlugin } from "../../../src/testing.ts";
import { until } from "../../support/until.ts";

/** A request that stays under way until it is told to end. */
interface Running {
  readonly result: Promise<TestResult>;
  readonly hasStarted: () => boolean;
  end(): void;
}

function run(t: PluginTest, request: TestRequest = {}): Running {
  const end = Promise.withResolvers<void>();
  let isStarted = false;
  const result = t.request(request, async () => {
    isStarted = true;
    await end.promise;
    return Reply.text(200, "ok");
  });
  return { result, hasStarted: () => isStarted, end: () => end.resolve() };
}

const statusOf = async (t: PluginTest, request: TestRequest = {}) => (await t.request(request)).reply.status;
const inUse = (t: PluginTest) => t.metrics.value("places_in_use", { site: "route test" });

describe("a limit of two at once", () => {
  test("refuses the third, until one has ended", async () => {
    const t = await testPlugin(plugin, { limit: 2 });
    const [a, b] = [run(t), run(t)];
    const { reply, outcome } = await t.request();
    expect(reply.status).toBe(503);
    expect(reply.headers.get("retry-after")).toBe("1");
    expect(outcome).toMatchObject({ errorCode: "overloaded", attempts: 0 });
    expect(inUse(t)).toBe(2);
    a.end();
    await a.result;
    expect(await statusOf(t)).toBe(200);
    b.end();
    await b.result;
    expect(inUse(t)).toBe(0);
    expect(t.metrics.value("requests_total", { route: "test", decision: "refused" })).toBe(1);
    expect(t.metrics.value("requests_total", { route: "test", decision: "allowed" })).toBe(3);
  });

  test("answers 429 if it is told so", async () => {
    const t = await testPlugin(plugin, { limit: 1, status: 429 });
    const a = run(t);
    expect((await t.request()).outcome.errorCode).toBe("rate_limited");
    a.end();
    await a.result;
  });

  test("gets its places back from requests that fail", async () => {
    const t = await testPlugin(plugin, { limit: 1 });
    for (const error of [new GatewayError("upstream_reset"), new Error("a bug")]) {
      await t.request({}, () => {
        throw error;
      });
    }
    expect(await statusOf(t)).toBe(200);
    expect(inUse(t)).toBe(0);
  });

  test("waits for nothing while there are places: no promise", async () => {
    const t = await testPlugin(plugin, { limit: 1 });
    expect(t.phases.limit?.(t.context())).toBeUndefined();
    expect(Object.keys(t.phases)).toEqual(["limit", "log", "explain"]);
  });

  test("is kept by the next configuration, also a smaller one", async () => {
    const t = await testPlugin(plugin, { limit: 2 });
    const [a, b] = [run(t), run(t)];
    const smaller = await t.again({ limit: 1, wait: "5s" });
    expect((await (await t.again()).request()).reply.status).toBe(503);
    const waiting = run(smaller);
    a.end();
    await a.result;
    expect([waiting.hasStarted(), inUse(t)]).toEqual([false, 1]);
    b.end();
    await until(waiting.hasStarted, { what: "the one that waits has the place" });
    waiting.end();
    expect((await waiting.result).reply.status).toBe(200);
    expect(inUse(t)).toBe(0);
  });

  test("counts keys apart", async () => {
    const t = await testPlugin(plugin, { limit: 1, key: "ip" });
    const a = run(t, { peer: { address: "192.0.2.1" } });
    expect(await statusOf(t, { peer: { address: "192.0.2.1" } })).toBe(503);
    expect(await statusOf(t, { peer: { address: "192.0.2.2" } })).toBe(200);
    a.end();
    await a.result;
  });
});

describe("waiting", () => {
  test("gives places in the order of arrival", async () => {
    const t = await testPlugin(plugin, { limit: 1, wait: "10s" });
    const all = [run(t), run(t), run(t)];
    for (const [i, one] of all.entries()) {
      await until(one.hasStarted, { what: "it is its turn" });
      expect(all.map((other) => other.hasStarted())).toEqual(all.map((_, other) => other <= i));
      one.end();
      expect((await one.result).reply.status).toBe(200);
    }
    expect(t.metrics.value("waiting", { site: "route test" })).toBe(0);
  });

  test("ends after its time, and with a queue that is full at once", async () => {
    const t = await testPlugin(plugin, { limit: 1, wait: "50ms", queue: 1 });
    const a = run(t);
    const startedAt = performance.now();
    const order: string[] = [];
    const waiting = statusOf(t).finally(() => order.push("after its time"));
    const refused = statusOf(t).finally(() => order.push("at once"));
    expect(await Promise.all([waiting, refused])).toEqual([503, 503]);
    expect(order).toEqual(["at once", "after its time"]);
    expect(performance.now() - startedAt).toBeGreaterThan(45);
    a.end();
    await a.result;
    expect(await statusOf(t)).toBe(200);
  });

  test("ends when the client leaves, and its place goes to the next", async () => {
    const t = await testPlugin(plugin, { limit: 1, wait: "10s" });
    const a = run(t);
    const gone = t.context();
    const pending = t.phases.limit?.(gone);
    const next = run(t);
    gone.abort(new GatewayError("client_closed"));
    t.phases.log?.(gone, {} as never);
    await pending;
    a.end();
    await until(next.hasStarted, { what: "the next has the place" });
    next.end();
    await next.result;
    expect(inUse(t)).toBe(0);
  });

  test("for a place that comes in the moment of the end gives it back", async () => {
    const t = await testPlugin(plugin, { limit: 1, wait: "10s" });
    const a = t.context();
    t.phases.limit?.(a);
    const gone = t.context();
    const pending = t.phases.limit?.(gone);
    t.phases.log?.(a, {} as never);
    // It has the place, but does not know it yet.
    gone.abort(new GatewayError("client_closed"));
    t.phases.log?.(gone, {} as never);
    t.phases.log?.(gone, {} as never);
    await pending;
    expect(inUse(t)).toBe(0);
    expect(await statusOf(t)).toBe(200);
  });
});

test("never are more under way than the limit, and none is lost, whatever the order", async () => {
  const step = fc.constantFrom("begin", "end", "abort");
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }), async (limit, steps) => {
      const t = await testPlugin(plugin, { limit, wait: "10s", queue: 5 });
      const open: { ctx: ReturnType<typeof t.context>; isIn: boolean; pending: Promise<void> }[] = [];
      const finish = (one: (typeof open)[number]) => {
        open.splice(open.indexOf(one), 1);
        t.phases.log?.(one.ctx, {} as never);
        return one.pending;
      };
      for (const what of steps) {
        const [first] = open;
        if (what === "begin") {
          const one = { ctx: t.context(), isIn: false, pending: Promise.resolve() };
          open.push(one);
          one.pending = (async () => {
            try {
              await t.phases.limit?.(one.ctx);
              one.isIn = !one.ctx.isAborted;
            } catch {
              open.splice(open.indexOf(one), 1);
            }
          })();
        } else if (what === "end") {
          const running = open.find(({ isIn }) => isIn);
          if (running !== undefined) await finish(running);
        } else if (first !== undefined) {
          first.ctx.abort(new GatewayError("client_closed"));
          await finish(first);
        }
        await Promise.resolve();
        expect(open.filter(({ isIn }) => isIn).length).toBeLessThanOrEqual(limit);
      }
      while (open[0] !== undefined) {
        open[0].ctx.abort(new GatewayError("client_closed"));
        await finish(open[0]);
      }
      expect(inUse(t)).toBe(0);
      expect(t.metrics.value("waiting", { site: "route test" })).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test.each([
  [{}, 'the key "limit" is missing'],
  [{ limit: 0 }, "limit: expected"],
  [{ limit: 1, lease: "10ms" }, "lease: expected at least 1s"],
  [{ limit: 1, status: 500 }, "status: expected 503 or 429"],
  [{ limit: 1, key: "rout" }, "key: expected ip, principal, route"],
])("%p is refused", async (options, message) => {
  await expect(testPlugin(plugin, options)).rejects.toThrow(message);
});
