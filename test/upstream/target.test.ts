import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { startUpstream } from "../support/upstream.ts";
import { contextOf, outcomeOf, targetOf } from "./support.ts";

describe("a target", () => {
  test("gets its own Host, or the client's if that is preserved", async () => {
    using upstream = startUpstream(replies());
    const target = targetOf(upstream.url);
    await outcomeOf(target, { host: "shop.example" });
    expect(upstream.requests[0]?.all("host")).toEqual([`127.0.0.1:${upstream.port}`]);
    expect(upstream.requests[0]?.header("x-forwarded-host")).toBe("shop.example");
    target.close();
    const preserving = targetOf(upstream.url, { preserveHost: true });
    await outcomeOf(preserving, { host: "shop.example" });
    expect(upstream.requests[1]?.all("host")).toEqual(["shop.example"]);
    preserving.close();
  });

  test("gets its own Host where the client sent none", async () => {
    using upstream = startUpstream(replies());
    const target = targetOf(upstream.url, { preserveHost: true });
    await outcomeOf(target, { host: "" });
    expect(upstream.requests[0]?.all("host")).toEqual([`127.0.0.1:${upstream.port}`]);
    target.close();
  });

  test("on a Unix socket has no addresses, and is called localhost", async () => {
    using folder = tempFolder();
    using upstream = startUpstream(replies(), { unix: folder.file("app.sock") });
    const target = targetOf(upstream.url);
    expect(await outcomeOf(target)).toBe("200 ok");
    expect(target.addresses).toEqual([]);
    expect(upstream.requests[0]?.header("host")).toBe("localhost");
    target.close();
  });

  test("notes attempts and times on the request, and what is in flight while it is", async () => {
    using upstream = startUpstream(hangs());
    const target = targetOf(upstream.url);
    const ctx = contextOf();
    const outcome = outcomeOf(target, ctx);
    expect(ctx.attempts).toBe(1);
    expect(ctx.upstreamStartedAt).toBeGreaterThan(0);
    expect(ctx.inFlight).toBeDefined();
    expect(target.inFlight).toBe(1);
    const [connection] = await upstream.waitForConnections(1);
    await upstream.waitForRequests(1);
    await connection?.send("HTTP/1.1 204 No Content\r\n\r\n");
    expect(await outcome).toBe("204 ");
    expect(ctx.inFlight).toBeUndefined();
    expect(target.inFlight).toBe(0);
    expect(ctx.upstreamRepliedAt).toBeGreaterThanOrEqual(ctx.upstreamStartedAt);
    const startedAt = ctx.upstreamStartedAt;
    const again = outcomeOf(target, ctx);
    expect(ctx).toMatchObject({ attempts: 2, upstreamStartedAt: startedAt });
    ctx.abort(new GatewayError("client_closed"));
    await again;
  });

  test("counts the attempt again that runs once more, for its connection had been closed", async () => {
    using upstream = startUpstream(replies());
    const target = targetOf(upstream.url);
    await outcomeOf(target);
    upstream.answer(async (_, connection) => {
      if (connection.requests.length > 1) connection.close();
      else await connection.send(response("again"));
    });
    const ctx = contextOf();
    expect(await outcomeOf(target, ctx)).toBe("200 again");
    expect([ctx.attempts, target.stats.attempts, upstream.requests.length]).toEqual([2, 3, 3]);
    target.close();
  });

  test("is sent nothing for a client that is gone already", async () => {
    using upstream = startUpstream(replies());
    const target = targetOf(upstream.url);
    const ctx = contextOf();
    ctx.abort(new GatewayError("client_closed"));
    expect(await outcomeOf(target, ctx)).toBe("client_closed");
    expect(target.pool.open).toBe(0);
    expect(ctx.attempts).toBe(0);
  });

  test("counts latencies of replies, and errors by their code", async () => {
    using upstream = startUpstream(replies());
    const target = targetOf(upstream.url, { timeouts: { response: "1s" } });
    for (let i = 0; i < 3; i++) await outcomeOf(target);
    upstream.answer(hangs());
    expect(await outcomeOf(target, { method: "POST" })).toBe("upstream_timeout");
    upstream.answer(replies("garbage, no HTTP"));
    expect(await outcomeOf(target)).toBe("upstream_invalid");
    const stats = target.stats.snapshot(target.pool);
    expect(stats.errors).toEqual({ upstream_timeout: 1, upstream_invalid: 1 });
    expect(stats.latency.count).toBe(3);
  });

  test("gives the whole exchange its total timeout, the wait for a connection included", async () => {
    using upstream = startUpstream(hangs());
    const target = targetOf(upstream.url, {
      pool: { "max-connections": 1 },
      timeouts: { total: "60ms", pool: "10s", response: "10s" },
    });
    const startedAt = performance.now();
    expect(await Promise.all([outcomeOf(target), outcomeOf(target)])).toEqual(["upstream_timeout", "upstream_timeout"]);
    const ms = performance.now() - startedAt;
    expect(ms).toBeGreaterThanOrEqual(58);
    expect(ms).toBeLessThan(8_000);
    // A connection that was on its way for the second may still come, and is kept.
    expect(target.pool).toMatchObject({ inUse: 0, pending: 0 });
  });
});
