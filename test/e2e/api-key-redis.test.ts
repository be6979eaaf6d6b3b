import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { problemOf } from "../support/problem.ts";
import { exchange } from "../support/raw.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { runCli } from "../support/run-cli.ts";
import { echoes } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";

const FILE_KEY = `slk_3f9a1c5b7d2e8f60_${"A".repeat(43)}`;
const FILE_HASH = new Bun.CryptoHasher("sha256").update(FILE_KEY).digest("hex");

function yamlFor(redis: RedisServer, upstream: string): string {
  return `redis: { url: "${redis.url}", command-timeout: 1s }
services: { echo: { targets: ["${upstream}"] } }
routes:
  - { path: /deny/*, service: echo, plugins: { api-key: { forward-claims: { owner: x-customer }, keys: ./keys.yaml, cache: 1h } } }
  - { path: /known/*, service: echo, plugins: { api-key: { store-failure: last-known, cache: 100ms } } }
  - { path: /write/*, service: echo, plugins: { api-key: { scopes: [orders:write] } } }
`;
}

async function start(redis: RedisServer, upstream: string): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(redis.folder.path, "gateway-"));
  writeFileSync(
    join(folder, "keys.yaml"),
    `keys: [{ id: 3f9a1c5b7d2e8f60, hash: "sha256:${FILE_HASH}", owner: file }]\n`,
  );
  return await startGateway(yamlFor(redis, upstream), { folder });
}

async function ask({ port }: GatewayProcess, path: string, key?: string, more = ""): Promise<string> {
  const line = key === undefined ? "" : `X-Api-Key: ${key}\r\n`;
  const response = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\n${line}${more}Connection: close\r\n\r\n`);
  return response.status === 200 ? `200\n${response.body.toString()}` : problemOf(response);
}

async function admin({ adminPort }: GatewayProcess, method: string, path: string, body?: unknown) {
  const headers = { "content-type": "application/json" };
  const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers }) };
  const response = await fetch(`http://127.0.0.1:${adminPort}${path}`, init);
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) as Record<string, unknown> };
}

describe("two gateways and one Redis", () => {
  test("share keys: issued, rotated and revoked by one, or by the command line, they are so for both at once", async () => {
    await using redis = await startRedis();
    using upstream = startUpstream(echoes());
    await using a = await start(redis, upstream.url);
    await using b = await start(redis, upstream.url);

    const issued = await admin(a, "POST", "/api/keys", { owner: "shop", scopes: ["orders:read"], tier: "pro" });
    expect(issued.status).toBe(201);
    const { id, key } = issued.json as { id: string; key: string };
    const spoofed = "X-Customer: root\r\nx_customer: root\r\n";
    const seen = await ask(b, "/deny/a", key, spoofed);
    expect(seen).toStartWith("200");
    expect(seen).toMatch(/^x-customer: shop\r?$/im);
    expect(seen).not.toContain("root");
    expect(seen).not.toContain(key);
    expect(await ask(b, "/write/a", key)).toBe("403 forbidden");
    expect(await ask(b, "/deny/a")).toBe("401 unauthenticated");
    expect(await ask(b, "/deny/a", `${key.slice(0, -3)}AAA`)).toBe("401 unauthenticated");

    // Nothing of the secret is in Redis.
    const dump = await redis.cli("--scan");
    const values = await Promise.all(dump.split("\n").map((name) => redis.cli("get", name)));
    expect(`${dump}${values.join("\n")}`).toContain(id);
    expect(`${dump}${values.join("\n")}`).not.toContain(key.slice(21));

    // Both remember it, for an hour on this route: only the message that it has changed ends that.
    expect(await ask(a, "/deny/a", key)).toStartWith("200");
    const rotated = await runCli(b.folder, "key", "rotate", id, "--grace", "0s", "--json");
    expect(rotated).toMatchObject({ code: 0, err: "" });
    const next = JSON.parse(rotated.out).key as string;
    for (const gateway of [a, b]) {
      await until(async () => (await ask(gateway, "/deny/a", key)) === "401 unauthenticated");
      expect(await ask(gateway, "/deny/a", next)).toStartWith("200");
    }
    expect(await runCli(a.folder, "key", "revoke", id)).toMatchObject({ code: 0, out: `${id} is revoked\n` });
    for (const gateway of [a, b])
      await until(async () => (await ask(gateway, "/deny/a", next)) === "401 unauthenticated");
    const again = await runCli(a.folder, "key", "rotate", id);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining(`there is no key ${id} in the store`)]);

    await until(async () => Number((await admin(a, "GET", `/api/keys/${id}`)).json.uses) > 0, { timeout: 15_000 });
    const listed = await admin(a, "GET", "/api/keys");
    expect(listed.json.keys).toMatchObject([
      { id: "3f9a1c5b7d2e8f60", owner: "file", from: "file", status: "active" },
      { id, owner: "shop", from: "store", status: "revoked" },
    ]);
    expect(listed.text).not.toMatch(/hash|slk_/);
    for (const logs of [a.logs, b.logs]) expect(JSON.stringify(logs)).not.toMatch(/slk_/);
    expect([await a.stop(), await b.stop()]).toEqual([0, 0]);
  }, 60_000);

  test("list many keys in pages, the newest first", async () => {
    await using redis = await startRedis();
    using upstream = startUpstream(echoes());
    await using a = await start(redis, upstream.url);
    const ids: unknown[] = [];
    for (let i = 0; i < 7; i++) ids.unshift((await admin(a, "POST", "/api/keys", {})).json.id);
    const found: unknown[] = [];
    for (let path: string | undefined = "/api/keys?limit=3"; path !== undefined; ) {
      const { json } = await admin(a, "GET", path);
      const keys = json.keys as { id: string; from: string }[];
      expect(keys.length).toBeLessThanOrEqual(4);
      found.push(...keys.filter(({ from }) => from === "store").map(({ id }) => id));
      path = json.next === undefined ? undefined : `/api/keys?limit=3&from=${json.next}`;
    }
    expect(found).toEqual(ids);
    expect((await admin(a, "GET", "/api/keys?limit=0")).status).toBe(400);
    expect((await admin(a, "GET", "/api/keys?limit=1001")).status).toBe(400);
    const listed = await runCli(a.folder, "key", "list");
    expect(listed.out.trim().split("\n")).toHaveLength(8);
  }, 60_000);
});

describe("Redis that is", () => {
  test.each(["killed", "hung"] as const)(
    "%s: what is not known is refused, what was known holds where that is told",
    async (how) => {
      await using redis = await startRedis();
      using upstream = startUpstream(echoes());
      await using gateway = await start(redis, upstream.url);
      const { key } = (await admin(gateway, "POST", "/api/keys", { owner: "shop" })).json as { key: string };
      const other = (await admin(gateway, "POST", "/api/keys", {})).json.key as string;
      expect(await ask(gateway, "/known/a", key)).toStartWith("200");

      if (how === "killed") await redis.kill();
      else redis.hang();
      await until(async () => (await ask(gateway, "/deny/a", other)) === "503 store_unavailable");
      await until(async () => (await ask(gateway, "/known/a", other)) === "503 store_unavailable");
      for (let i = 0; i < 5; i++) {
        const startedAt = performance.now();
        expect(await ask(gateway, "/known/a", key)).toStartWith("200");
        expect(performance.now() - startedAt).toBeLessThan(4_000);
      }
      // A key of the file needs no store.
      expect(await ask(gateway, "/deny/a", FILE_KEY)).toStartWith("200");
      const refused = await admin(gateway, "POST", "/api/keys", {});
      expect([refused.status, refused.json.code]).toEqual([503, "store_unavailable"]);
      const failed = await runCli(gateway.folder, "key", "issue");
      expect([failed.code, failed.out, failed.err]).toEqual([
        1,
        "",
        expect.stringContaining("the store does not do it"),
      ]);

      if (how === "hung") {
        redis.resume();
        await until(async () => (await ask(gateway, "/deny/a", other)).startsWith("200"), { timeout: 30_000 });
        expect(await ask(gateway, "/known/a", key)).toStartWith("200");
      } else {
        // It comes back with nothing in it: the keys are gone, and the gateway believes it.
        await redis.restart();
        await until(async () => (await ask(gateway, "/known/a", key)) === "401 unauthenticated", { timeout: 30_000 });
      }
      expect(await gateway.stop()).toBe(0);
    },
    60_000,
  );
});

test.each([true, false])(
  "workers have the keys that are issued, with Redis: %p",
  async (hasRedis) => {
    await using redis = await startRedis();
    const section = hasRedis ? `redis: { url: "${redis.url}", command-timeout: 2s }\n` : "";
    await using gateway = await startGateway(`${section}listen: { host: 127.0.0.1, port: 0, workers: 2 }
routes: [{ path: /, plugins: { api-key: {}, respond: { json: ok } } }]
`);
    const statuses = async (key: string) => await Promise.all(Array.from({ length: 20 }, () => ask(gateway, "/", key)));
    const issued = await admin(gateway, "POST", "/api/keys", {});
    expect(issued.status).toBe(201);
    const { id, key } = issued.json as { id: string; key: string };
    await gateway.waitForLog(({ msg }) => msg === "an API key was issued");
    const warning = "without redis issued keys are forgotten when the gateway stops";
    if (hasRedis) expect(gateway.logs.some(({ msg }) => msg === warning)).toBe(false);
    else await gateway.waitForLog(({ msg }) => msg === warning);
    for (const answer of await statuses(key)) expect(answer).toStartWith("200");
    const next = (await admin(gateway, "POST", `/api/keys/${id}/rotate`, { grace: "0s" })).json.key as string;
    await until(async () => (await statuses(key)).every((answer) => answer === "401 unauthenticated"));
    for (const answer of await statuses(next)) expect(answer).toStartWith("200");
    expect((await admin(gateway, "GET", "/api/keys")).json.keys).toMatchObject([{ id, status: "active" }]);
    expect((await admin(gateway, "DELETE", `/api/keys/${id}`)).status).toBe(200);
    await until(async () => (await statuses(next)).every((answer) => answer === "401 unauthenticated"));
  },
  60_000,
);
