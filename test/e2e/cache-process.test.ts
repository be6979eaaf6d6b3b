import { describe, expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { freePort } from "../support/ports.ts";
import { exchange } from "../support/raw.ts";
import { runCli } from "../support/run-cli.ts";
import { response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";

const HOUR = [["cache-control", "max-age=3600"]] as const;

const get = (port: number, path = "/") => exchange(port, `GET ${path} HTTP/1.1\r\nHost: shop.test\r\n\r\n`);

describe("bun run gateway purge", () => {
  test("removes what is stored in the gateway that runs", async () => {
    using service = startUpstream((_, connection) => void connection.send(response("ok", { headers: HOUR })));
    const admin = freePort();
    await using gateway = await startGateway(`admin: { host: 127.0.0.1, port: ${admin}, token: secret }
services: { s: { targets: ["${service.url}"] } }
routes:
  - { path: /*, service: s, plugins: { cache: {} } }
`);
    const purge = (...args: readonly string[]) => runCli(gateway.folder, "purge", ...args);
    await get(gateway.port, "/a?x=1");
    await get(gateway.port, "/b");
    expect(await purge("--url", "http://shop.test/a?x=1")).toMatchObject({
      code: 0,
      out: "purged in this gateway: 1 URL\n",
    });
    expect((await get(gateway.port, "/a?x=1")).header("cache-status")).toBe("sluice; fwd=uri-miss; stored");
    expect((await get(gateway.port, "/b")).header("cache-status")).toStartWith("sluice; hit");
    expect(await purge("--key", "http://shop.test/a?x=1")).toMatchObject({
      code: 0,
      out: "purged in this gateway: 1 URL\n",
    });
    await get(gateway.port, "/a?x=1");
    expect(await purge("--prefix", "http://shop.test/", "--soft")).toMatchObject({
      code: 0,
      out: "purged in this gateway: 2 URLs\n",
    });
    expect((await get(gateway.port, "/b")).header("cache-status")).toBe("sluice; fwd=stale; stored");
    expect(await purge("--url", "shop.test")).toMatchObject({ code: 1 });
    for (const args of [
      [],
      ["--all", "--tag", "x"],
      ["--url"],
      ["--all=yes"],
      ["x", "--all"],
      ["--tag", "a", "--tag", "b"],
    ]) {
      const { code, err } = await purge(...args);
      expect([code, err.includes("usage: bun run gateway purge")]).toEqual([2, true]);
    }
    const open = await fetch(`http://127.0.0.1:${admin}/api/cache?all=true`, { method: "DELETE" });
    expect(open.status).toBe(401);
  }, 60_000);

  test("says so where there is no such gateway", async () => {
    using service = startUpstream(() => undefined);
    await using gateway = await startGateway(`services: { s: { targets: ["${service.url}"] } }
routes:
  - { path: /*, service: s }
`);
    const { adminPort } = gateway;
    const response = await fetch(`http://127.0.0.1:${adminPort}/api/cache?all=true`, { method: "DELETE" });
    expect(response.status).toBe(404);
  }, 60_000);
});

test("a purge reaches all workers", async () => {
  using service = startUpstream((_, connection) => void connection.send(response("ok", { headers: HOUR })));
  await using gateway = await startGateway(`listen: { host: 127.0.0.1, port: 0, workers: 2 }
services: { s: { targets: ["${service.url}"] } }
routes:
  - { path: /*, service: s, plugins: { cache: {} } }
`);
  // Connections are dealt to both workers: after so many each has the reply.
  for (let i = 0; i < 40; i++) await get(gateway.port);
  expect(service.requests.length).toBe(2);
  const done = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/cache?all=true`, { method: "DELETE" });
  expect(done.status).toBe(200);
  for (let i = 0; i < 40; i++) await get(gateway.port);
  expect(service.requests.length).toBe(4);
}, 60_000);

test("memory stays within a few times its bound under a flood of URLs, and what is used stays stored", async () => {
  using service = startUpstream((_, connection) => void connection.send(response("x".repeat(500), { headers: HOUR })));
  await using gateway = await startGateway(`cache: { memory: 8mb }
services: { s: { targets: ["${service.url}"] } }
routes:
  - { path: /*, service: s, plugins: { cache: {} } }
`);
  const flood = async (from: number, to: number) => {
    let next = from;
    const client = async () => {
      while (next < to) {
        await fetch(`http://127.0.0.1:${gateway.port}/used`).then((reply) => reply.text());
        await fetch(`http://127.0.0.1:${gateway.port}/once/${next++}`).then((reply) => reply.text());
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
  };
  await flood(0, 4_000);
  const before = gateway.rss();
  await flood(4_000, 12_000);
  expect(gateway.rss() - before).toBeLessThan(64 * 1_048_576);
  const metrics = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());
  const value = (name: string) => Number(new RegExp(`^sluice_plugin_cache_${name} (\\d+)`, "m").exec(metrics)?.[1]);
  expect(value("memory_bytes")).toBeWithin(6 * 1_048_576, 8 * 1_048_576 + 1);
  expect(value("memory_evictions")).toBeGreaterThan(6_000);
  expect(service.requests.filter(({ target }) => target === "/used").length).toBeLessThan(20);
}, 60_000);
