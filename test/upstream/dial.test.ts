import { describe, expect, test } from "bun:test";
import type { Resolver } from "../../src/upstream/resolve.ts";
import { createResolver } from "../../src/upstream/resolve.ts";
import { startBlackHole } from "../support/black-hole.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { outcomeOf, targetOf } from "./support.ts";

/** Answers these addresses in turn, and notes which are said to fail. */
function addresses(...list: readonly (string | Promise<string>)[]): Resolver & { readonly failures: string[] } {
  const failures: string[] = [];
  let turn = 0;
  return {
    next: () => list[turn++ % list.length] ?? "",
    failed: (address) => void failures.push(address),
    current: () => list.map(String),
    failures,
  };
}

describe("a dial", () => {
  test("goes on to the next address when one refuses, and tells the resolver", async () => {
    using upstream = startUpstream(replies());
    // Nothing listens there: the upstream is on 127.0.0.1 alone.
    const resolver = addresses("127.0.0.2", "127.0.0.3", "127.0.0.1");
    const target = targetOf(upstream.url, { resolver });
    expect(await outcomeOf(target)).toBe("200 ok");
    expect(resolver.failures).toEqual(["127.0.0.2", "127.0.0.3"]);
    expect(target.stats).toMatchObject({ created: 1 });
    target.close();
  });

  test("fails when every address has refused, after each was asked once", async () => {
    const closed = startUpstream(hangs());
    closed.stop();
    const resolver = addresses("127.0.0.1", "127.0.0.2");
    const target = targetOf(closed.url, { resolver });
    expect(await outcomeOf(target)).toBe("upstream_connect");
    expect(resolver.failures).toEqual(["127.0.0.1", "127.0.0.2"]);
    expect(target.pool.open).toBe(0);
  });

  test("gives all addresses together the connect timeout", async () => {
    using hole = await startBlackHole();
    const resolver = addresses("127.0.0.1");
    const target = targetOf(`http://127.0.0.1:${hole.port}`, { resolver, timeouts: { connect: "40ms" } });
    const startedAt = performance.now();
    expect(await outcomeOf(target)).toBe("upstream_timeout");
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(38);
    expect(resolver.failures).toEqual(["127.0.0.1"]);
  });

  test("waits for a name to be resolved, not longer than the connect timeout", async () => {
    using upstream = startUpstream(replies());
    const late = Promise.withResolvers<string>();
    const target = targetOf(upstream.url, { resolver: addresses(late.promise), timeouts: { connect: "30ms" } });
    expect(await outcomeOf(target)).toBe("upstream_timeout");
    expect(target.pool.open).toBe(1);
    late.resolve("127.0.0.1");
    await until(() => target.pool.open === 0);
    expect(upstream.connections).toHaveLength(0);
  });

  test("fails with a name that cannot be resolved", async () => {
    const lookup = () => Promise.reject(new Error("no such name"));
    const resolver = createResolver("users.test", { ttlMs: 1_000, lookup });
    const target = targetOf("http://users.test:80", { resolver });
    expect(await outcomeOf(target)).toBe("upstream_connect");
    expect(target.pool.open).toBe(0);
  });

  test("of localhost takes 127.0.0.1 before ::1", async () => {
    using upstream = startUpstream(replies());
    const target = targetOf(`http://localhost:${upstream.port}`);
    expect(await outcomeOf(target)).toBe("200 ok");
    expect(target.addresses).toEqual(["127.0.0.1", "::1"]);
    target.close();
  });
});

describe("several addresses of a name", () => {
  test("are used in turn by new connections, and asked for again after dns-ttl", async () => {
    let now = 0;
    const answers = [["127.0.0.1", "127.0.0.2"], ["127.0.0.3"]];
    let lookups = 0;
    const lookup = async () => (answers[lookups++] ?? []).map((address) => ({ address, family: 4 }));
    const resolver = createResolver("users.test", { ttlMs: 1_000, lookup, now: () => now });
    const seen: string[] = [];
    using server = Bun.listen({
      hostname: "0.0.0.0",
      port: 0,
      socket: {
        data(socket) {
          seen.push(socket.localAddress);
          socket.write(response("ok", { headers: [["Connection", "close"]] }));
        },
      },
    });
    const target = targetOf(`http://users.test:${server.port}`, { resolver });
    for (let i = 0; i < 4; i++) expect(await outcomeOf(target)).toBe("200 ok");
    expect(seen).toEqual(["127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"]);
    now = 1_001;
    await outcomeOf(target);
    await until(() => target.addresses.join() === "127.0.0.3");
    await outcomeOf(target);
    expect(seen.at(-1)).toBe("127.0.0.3");
    expect(lookups).toBe(2);
  });
});
