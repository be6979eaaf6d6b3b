import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import type { RawResponse } from "../support/messages.ts";
import { untilMetric } from "../support/metrics.ts";
import { connect, exchange } from "../support/raw.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream, type UpstreamConnection } from "../support/upstream.ts";

const HOUR = [["cache-control", "max-age=3600"]] as const;
const TAGGED = [...HOUR, ["cache-tag", "item"]] as const;

let redis: RedisServer;
let upstream: Upstream;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());
beforeEach(async () => {
  await redis.cli("flushall");
});

function yaml(store: string, url = redis.url): string {
  return `redis: { url: "${url}", command-timeout: 2s }
services: { s: { targets: ["${upstream.url}"], pool: { max-connections: 2000 } } }
routes:
  - { path: /*, service: s, plugins: { cache: { store: ${store}, max-object: 10mb } } }
`;
}

const get = (gateway: GatewayProcess, path = "/", headers = "") =>
  exchange(gateway.port, `GET ${path} HTTP/1.1\r\nHost: shop.test\r\n${headers}\r\n`, { timeout: 20_000 });

async function keysLike(text: string): Promise<string[]> {
  const keys = await redis.cli("keys", `*${text}*`);
  return keys === "" ? [] : keys.split("\n");
}

/** What is remembered of earlier holders ends by itself. */
const heldLocks = async () => (await keysLike("lock:")).filter((key) => !key.endsWith(":fence"));

describe("a thousand clients of two gateways", () => {
  test("ask for the same, and the service once", async () => {
    using service = startUpstream(async (_, connection) => {
      await Bun.sleep(300);
      void connection.send(response("one", { headers: HOUR }));
    });
    upstream = service;
    await using a = await startGateway(yaml("both"));
    await using b = await startGateway(yaml("both"));
    const all = await Promise.all(Array.from({ length: 1_000 }, (_, i) => get(i % 2 === 0 ? a : b)));
    expect(new Set(all.map((reply) => `${reply.status} ${reply.body}`))).toEqual(new Set(["200 one"]));
    expect(service.requests).toHaveLength(1);
    await until(async () => (await heldLocks()).length === 0);
  }, 60_000);

  test.each([
    ["breaks off", undefined],
    ["answers 503", 503],
  ])(
    "get the failure of a service that %s, which is asked a few times, and no lock is left",
    async (_, status) => {
      const allHaveCome = Promise.withResolvers<void>();
      using service = startUpstream(async (_request, connection) => {
        await allHaveCome.promise;
        if (status === undefined) connection.close();
        else void connection.send(response("down", { status }));
      });
      upstream = service;
      await using a = await startGateway(yaml("both"));
      await using b = await startGateway(yaml("both"));
      const asked = Promise.all(Array.from({ length: 1_000 }, (_, i) => get(i % 2 === 0 ? a : b)));
      // Who comes later would have it asked anew.
      for (const gateway of [a, b]) await untilMetric(gateway, "sluice_requests_in_flight", {}, 500);
      allHaveCome.resolve();
      const all = await asked;
      expect(new Set(all.map((reply) => reply.status))).toEqual(new Set([status ?? 502]));
      expect(service.requests.length).toBeLessThanOrEqual(8);
      await until(async () => (await heldLocks()).length === 0);
    },
    60_000,
  );
});

test("a client that leaves while another gateway asks hands over to those who wait with it", async () => {
  const held: UpstreamConnection[] = [];
  using service = startUpstream((_, connection) => void held.push(connection));
  upstream = service;
  await using a = await startGateway(yaml("both"));
  await using b = await startGateway(yaml("both"));
  const first = get(a);
  await until(() => held.length === 1);
  const leader = await connect(b.port);
  void leader.send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  // The gateway has taken what came before this.
  await exchange(b.port, "OPTIONS * HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  const others = Array.from({ length: 5 }, () => get(b));
  await exchange(b.port, "OPTIONS * HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  leader.reset();
  await exchange(b.port, "OPTIONS * HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  void held[0]?.send(response("one", { headers: HOUR }));
  const replies = await Promise.all([first, ...others]);
  expect(replies.map(({ status, body }) => `${status} ${body}`)).toEqual(Array(6).fill("200 one"));
  expect(service.requests).toHaveLength(1);
  await until(async () => (await heldLocks()).length === 0);
}, 60_000);

test("Redis has nothing of the tokens and cookies that replies are kept apart by", async () => {
  using service = startUpstream((_, connection) => {
    const headers = [
      ["cache-control", "public, max-age=3600"],
      ["vary", "authorization, x-key"],
    ] as const;
    void connection.send(response("mine", { headers }));
  });
  upstream = service;
  const text = yaml("both").replace("max-object: 10mb", "key: { cookies: [session] }");
  await using a = await startGateway(text);
  await using b = await startGateway(text);
  const secrets = "Authorization: Bearer t0psecret\r\nX-Key: t0psecret\r\nCookie: session=t0psecret\r\n";
  await get(a, "/", secrets);
  await until(async () => (await keysLike("entry:")).length === 1);
  for (const key of await keysLike("")) {
    expect(key).not.toContain("t0psecret");
    const kind = await redis.cli("type", key);
    if (kind === "string") expect(await redis.cli("get", key)).not.toContain("t0psecret");
  }
  expect((await get(b, "/", secrets)).header("cache-status")).toStartWith("sluice; hit");
  expect((await get(b, "/", secrets.replace("Bearer t0p", "Bearer t1p"))).header("cache-status")).toStartWith(
    "sluice; fwd=",
  );
  expect(service.requests).toHaveLength(2);
}, 60_000);

describe.each(["redis", "both"])("store: %s", (store) => {
  test("what one gateway has stored is another's, and that of one that starts later", async () => {
    using service = startUpstream(
      (_, connection) => void connection.send(response("x".repeat(100_000), { headers: HOUR })),
    );
    upstream = service;
    await using a = await startGateway(yaml(store));
    await using b = await startGateway(yaml(store));
    await get(a);
    await until(async () => (await keysLike("entry:")).length === 1);
    const reply = await get(b);
    expect(reply.header("cache-status")).toStartWith("sluice; hit");
    expect([reply.body.toString(), reply.header("cache-control")]).toEqual(["x".repeat(100_000), "max-age=3600"]);
    await using c = await startGateway(yaml(store));
    expect((await get(c)).header("cache-status")).toStartWith("sluice; hit");
    expect((await get(c, "/", "If-None-Match: *\r\n")).status).toBe(304);
    expect((await get(c, "/", "Range: bytes=0-1\r\n")).body.toString()).toBe("xx");
    expect(service.requests).toHaveLength(1);
  }, 60_000);

  test("variants are kept apart", async () => {
    using service = startUpstream((request, connection) => {
      const headers = [...HOUR, ["vary", "accept-language"]] as const;
      void connection.send(response(request.header("accept-language"), { headers }));
    });
    upstream = service;
    await using a = await startGateway(yaml(store));
    await using b = await startGateway(yaml(store));
    for (const language of ["de", "en"]) await get(a, "/", `Accept-Language: ${language}\r\n`);
    await until(async () => (await keysLike("entry:")).length === 2);
    for (const language of ["de", "en"]) {
      expect((await get(b, "/", `Accept-Language: ${language}\r\n`)).body.toString()).toBe(language);
    }
    expect(service.requests).toHaveLength(2);
  }, 60_000);

  test("a purge at one gateway, and an unsafe request through it, hold for all", async () => {
    using service = startUpstream((request, connection) => {
      const isGet = request.method === "GET";
      void connection.send(response("content", { headers: isGet ? TAGGED : [] }));
    });
    upstream = service;
    await using a = await startGateway(yaml(store));
    await using b = await startGateway(yaml(store));
    const isHit = (reply: RawResponse) => reply.header("cache-status")?.includes("hit") === true;
    const fill = async () => {
      await until(async () => isHit(await get(a)) && isHit(await get(b)));
    };
    await fill();
    for (const query of [
      "url=http://shop.test/",
      "key=http://shop.test/",
      "tag=item",
      "prefix=http://shop.test/",
      "all=true",
    ]) {
      const before = service.requests.length;
      const done = await fetch(`http://127.0.0.1:${a.adminPort}/api/cache?${query}`, { method: "DELETE" });
      expect(done.status).toBe(200);
      await until(async () => service.requests.length > before || !isHit(await get(b)));
      await fill();
    }
    const asked = service.requests.length;
    await exchange(a.port, "DELETE / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    await until(async () => !isHit(await get(b)));
    expect(service.requests.length).toBeGreaterThan(asked);
  }, 60_000);
});

test("without Redis each request is a miss, or from the gateway's own memory, and never an error", async () => {
  using service = startUpstream((_, connection) => void connection.send(response("ok", { headers: HOUR })));
  upstream = service;
  const own = await startRedis();
  await using shared = await startGateway(yaml("redis", own.url));
  await using both = await startGateway(yaml("both", own.url));
  await own[Symbol.asyncDispose]();
  for (let i = 0; i < 3; i++) expect((await get(shared, `/${i}`)).status).toBe(200);
  expect((await get(shared, "/0")).header("cache-status")).toBe("sluice; fwd=uri-miss; stored");
  await get(both, "/0");
  expect((await get(both, "/0")).header("cache-status")).toStartWith("sluice; hit");
}, 60_000);

test("what was made invalid while Redis took no writes is not brought back by it", async () => {
  let version = 1;
  using service = startUpstream((request, connection) => {
    if (request.method === "PUT") version++;
    void connection.send(response(`version ${version}`, { headers: request.method === "GET" ? HOUR : [] }));
  });
  upstream = service;
  await using own = await startRedis();
  await using a = await startGateway(yaml("redis", own.url));
  await using b = await startGateway(yaml("redis", own.url));
  expect((await get(a)).body.toString()).toBe("version 1");
  await until(async () => (await own.cli("keys", "*entry:*")) !== "");
  await own.cli("config", "set", "min-replicas-to-write", "1");
  await exchange(a.port, "PUT / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n");
  await a.waitForLog(({ msg }) => msg === "other gateways could not be told of a purge");
  expect((await get(a)).body.toString()).toBe("version 2");
  expect((await get(a, "/", "Cache-Control: no-cache\r\n")).body.toString()).toBe("version 2");
  await own.cli("config", "set", "min-replicas-to-write", "0");
  // The others are told as soon as it answers again.
  await until(async () => {
    await get(a);
    return (await get(b)).body.toString() === "version 2";
  });
}, 60_000);

test("what is in Redis and no reply of this cache is a miss", async () => {
  using service = startUpstream((_, connection) => void connection.send(response("ok", { headers: HOUR })));
  upstream = service;
  await using gateway = await startGateway(yaml("redis"));
  await get(gateway);
  const [key = ""] = await until(async () => {
    const keys = await keysLike("entry:");
    return keys.length === 1 ? keys : undefined;
  });
  const spoil = [
    () => redis.cli("set", key, "x"),
    () => redis.cli("set", key, "sluice is not here"),
    () => redis.cli("setrange", key, "0", "2"),
    () => redis.cli("setrange", key, "8", "garbage"),
    () => redis.cli("setrange", key, "2", "zzzz"),
  ];
  for (const [i, change] of spoil.entries()) {
    await change();
    expect((await get(gateway)).body.toString()).toBe("ok");
    expect(service.requests).toHaveLength(i + 2);
    // It has been written anew.
    await until(async () => (await get(gateway)).header("cache-status")?.includes("hit") === true);
  }
}, 60_000);

test("store: redis without a Redis is refused", async () => {
  using service = startUpstream(() => undefined);
  upstream = service;
  const text = yaml("redis").replace(/^redis: .*$/m, "");
  await expect(startGateway(text)).rejects.toThrow("store: redis needs a Redis: set redis.url");
});
