import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { startBlackHole } from "../support/black-hole.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { type Script, startUpstream } from "../support/upstream.ts";
import { contextOf, outcomeOf, targetOf } from "./support.ts";

/** Answers each request with its path when it is told to. */
function holding() {
  const held: (() => void)[] = [];
  const script: Script = async (request, connection) => {
    await new Promise<void>((resolve) => held.push(resolve));
    await connection.send(response(request.target));
  };
  return { script, held, release: () => held.shift()?.() };
}

const gauges = ({ pool: { open, idle, inUse, pending } }: ReturnType<typeof targetOf>) => ({
  open,
  idle,
  inUse,
  pending,
});

describe("a pool", () => {
  test("opens a connection for each request at once, and keeps them", async () => {
    const { script, held, release } = holding();
    using upstream = startUpstream(script);
    const target = targetOf(upstream.url);
    const outcomes = ["/a", "/b", "/c"].map((path) => outcomeOf(target, { path }));
    expect(gauges(target)).toEqual({ open: 3, idle: 0, inUse: 0, pending: 3 });
    expect(target.inFlight).toBe(3);
    await until(() => held.length === 3);
    expect(gauges(target)).toEqual({ open: 3, idle: 0, inUse: 3, pending: 0 });
    for (let i = 0; i < 3; i++) release();
    expect(await Promise.all(outcomes)).toEqual(["200 /a", "200 /b", "200 /c"]);
    expect(gauges(target)).toEqual({ open: 3, idle: 3, inUse: 0, pending: 0 });
    expect(target.stats).toMatchObject({ created: 3, reused: 0, closed: 0 });
    target.close();
    expect(target.pool.open).toBe(0);
    await upstream.waitForClosed();
  });

  test("uses the connection used last, so that the others can age", async () => {
    const { script, held, release } = holding();
    using upstream = startUpstream(script);
    const target = targetOf(upstream.url);
    const both = [outcomeOf(target), outcomeOf(target)];
    await until(() => held.length === 2);
    release();
    await until(() => target.pool.idle === 1);
    release();
    await Promise.all(both);
    upstream.answer(replies());
    for (let i = 0; i < 5; i++) await outcomeOf(target);
    expect(upstream.connections.map(({ requests }) => requests.length)).toEqual([1, 6]);
    target.close();
  });

  test("tells how long requests waited, however that ended, and not of those that need not", async () => {
    const { script, held, release } = holding();
    using upstream = startUpstream(script);
    const target = targetOf(upstream.url, { pool: { "max-connections": 1 } });
    const waits = () => target.stats.waits.series();
    const counted = () => waits().counts.reduce((sum, count) => sum + count, 0);
    const first = outcomeOf(target, { path: "/a" });
    await until(() => held.length === 1);
    // The first has waited for its connection to open, the second waits for the first to be done.
    expect(counted()).toBe(1);
    const startedAt = performance.now();
    const second = outcomeOf(target, { path: "/b" });
    const ctx = contextOf({ path: "/c" });
    const third = outcomeOf(target, ctx);
    await until(() => target.pool.pending === 2 && performance.now() - startedAt > 30);
    ctx.abort(new GatewayError("client_closed"));
    expect(await third).toBe("client_closed");
    expect(counted()).toBe(2);
    release();
    await first;
    expect(counted()).toBe(3);
    expect(waits().sum).toBeWithin(0.055, 10);
    await until(() => held.length === 1);
    release();
    await second;
    const idle = outcomeOf(target, { path: "/d" });
    await until(() => held.length === 1);
    release();
    await idle;
    expect(counted()).toBe(3);
    target.close();
  });

  test("lets requests wait in turn when it is full", async () => {
    const { script, held, release } = holding();
    using upstream = startUpstream(script);
    const target = targetOf(upstream.url, { pool: { "max-connections": 1 } });
    const paths = ["/a", "/b", "/c", "/d"];
    const outcomes = paths.map((path) => outcomeOf(target, { path }));
    for (const path of paths) {
      await until(() => held.length === 1);
      expect(upstream.requests.at(-1)?.target).toBe(path);
      release();
    }
    await Promise.all(outcomes);
    expect(target.stats).toMatchObject({ created: 1, reused: 3 });
    target.close();
  });

  test("gives the slot of a connection that ends to the next that waits, on a new one", async () => {
    const { script, held, release } = holding();
    using upstream = startUpstream(script);
    const target = targetOf(upstream.url, { pool: { "max-connections": 1 } });
    const first = outcomeOf(target, { path: "/a", method: "POST" });
    const second = outcomeOf(target, { path: "/b" });
    await until(() => held.length === 1);
    upstream.connections[0]?.reset();
    expect(await first).toBe("upstream_reset");
    await until(() => held.length === 2);
    release();
    release();
    expect(await second).toBe("200 /b");
    expect(target.stats).toMatchObject({ created: 2, closed: 1 });
    target.close();
  });

  test("forgets a request that is given up while it waits; its connection is kept for the next", async () => {
    using upstream = startUpstream(replies());
    const target = targetOf(upstream.url);
    const ctx = contextOf();
    const outcome = outcomeOf(target, ctx);
    ctx.abort(new GatewayError("client_closed"));
    expect(await outcome).toBe("client_closed");
    expect(target.pool.pending).toBe(0);
    await until(() => target.pool.idle === 1);
    expect(upstream.requests).toEqual([]);
    expect(await outcomeOf(target)).toBe("200 ok");
    expect(upstream.connections).toHaveLength(1);
    target.close();
  });

  test("ends the connection of a request that is given up while it runs", async () => {
    using upstream = startUpstream(hangs());
    const target = targetOf(upstream.url);
    const ctx = contextOf();
    const outcome = outcomeOf(target, ctx);
    await upstream.waitForRequests(1);
    ctx.abort(new GatewayError("client_closed"));
    expect(await outcome).toBe("client_closed");
    expect(gauges(target)).toEqual({ open: 0, idle: 0, inUse: 0, pending: 0 });
    expect(ctx.inFlight).toBeUndefined();
    await upstream.waitForClosed();
  });

  test("refuses what is too much: at once beyond max-pending, else after the wait", async () => {
    using upstream = startUpstream(hangs());
    const target = targetOf(upstream.url, {
      pool: { "max-connections": 1, "max-pending": 1 },
      timeouts: { pool: "100ms", response: "60s" },
    });
    const ctx = contextOf();
    const busy = outcomeOf(target, ctx);
    await upstream.waitForRequests(1);
    const order: string[] = [];
    const waiting = outcomeOf(target).finally(() => order.push("after the wait"));
    const refused = outcomeOf(target).finally(() => order.push("at once"));
    expect(await Promise.all([waiting, refused])).toEqual(["overloaded", "overloaded"]);
    expect(order).toEqual(["at once", "after the wait"]);
    expect(target.stats.snapshot(target.pool).errors).toEqual({ overloaded: 2 });
    expect(upstream.requests).toHaveLength(1);
    ctx.abort(new GatewayError("client_closed"));
    expect(await busy).toBe("client_closed");
  });

  test("counts a connect that it has given up as open until it ends", async () => {
    using hole = await startBlackHole();
    const target = targetOf(`http://127.0.0.1:${hole.port}`, {
      pool: { "max-connections": 1 },
      timeouts: { connect: "30ms", pool: "500ms" },
    });
    expect(await outcomeOf(target)).toBe("upstream_timeout");
    expect(gauges(target)).toEqual({ open: 1, idle: 0, inUse: 0, pending: 0 });
    expect(await outcomeOf(target)).toBe("overloaded");
  });

  test("tries to connect again for each that waits, though all fail", async () => {
    const closed = startUpstream(hangs());
    closed.stop();
    const target = targetOf(closed.url, { pool: { "max-connections": 2 } });
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(target)));
    expect(new Set(outcomes)).toEqual(new Set(["upstream_connect"]));
    await until(() => target.pool.open === 0);
    expect(target.stats.snapshot(target.pool)).toMatchObject({
      created: 0,
      closed: 0,
      errors: { upstream_connect: 10 },
      pending: 0,
    });
  });

  test("repeats on a new connection, even if a used one becomes free first", async () => {
    const { script, held, release } = holding();
    using upstream = startUpstream((request, connection) => {
      if (connection.requests.length > 1) return connection.close();
      if (request.target === "/slow") return script(request, connection);
      return connection.send(response(request.target));
    });
    const gate = Promise.withResolvers<void>();
    let dials = 0;
    const next = () => (++dials === 4 ? gate.promise.then(() => "127.0.0.1") : "127.0.0.1");
    const target = targetOf(upstream.url, { resolver: { next, failed: () => {}, current: () => [] } });
    await Promise.all([outcomeOf(target, { path: "/a" }), outcomeOf(target, { path: "/b" })]);
    const slow = outcomeOf(target, { path: "/slow" });
    await until(() => held.length === 1);
    const stale = outcomeOf(target, { path: "/stale" });
    await until(() => dials === 4);
    release();
    expect(await slow).toBe("200 /slow");
    expect(gauges(target)).toEqual({ open: 2, idle: 1, inUse: 0, pending: 1 });
    gate.resolve();
    expect(await stale).toBe("200 /stale");
    target.close();
  });

  test("that is closed keeps no connection any more", async () => {
    const { script, held, release } = holding();
    using upstream = startUpstream(script);
    const target = targetOf(upstream.url);
    const outcome = outcomeOf(target, { path: "/last" });
    await until(() => held.length === 1);
    target.close();
    release();
    expect(await outcome).toBe("200 /last");
    expect(target.pool.open).toBe(0);
    await upstream.waitForClosed();
  });
});
