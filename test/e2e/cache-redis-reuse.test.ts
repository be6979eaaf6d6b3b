import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { exchange } from "../support/raw.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { response } from "../support/scripts.ts";
import { until as untilSoon } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

let redis: RedisServer;

/** Has time on a busy machine. */
const until = (condition: () => unknown) => untilSoon(condition, { timeout: 60_000 });

beforeAll(async () => {
  redis = await startRedis();
}, 60_000);
afterAll(() => redis[Symbol.asyncDispose]());
beforeEach(async () => {
  await redis.cli("flushall");
});

const start = ({ url }: Upstream, store = "redis", listen = "") =>
  startGateway(
    `${listen}
redis: { url: "${redis.url}", command-timeout: 10s }
services: { s: { targets: ["${url}"] } }
routes: [{ path: /*, service: s, plugins: { cache: { store: ${store} } } }]
`,
    { timeout: 60_000 },
  );

async function ask(gateway: GatewayProcess, fields = "", method = "GET"): Promise<string> {
  const request = `${method} / HTTP/1.1\r\nHost: shop.test\r\n${fields}\r\n`;
  const { status, body } = await exchange(gateway.port, request, { method, timeout: 60_000 });
  return `${status} ${body}`;
}

/** What is written beside a reply is there a moment later. */
const untilStored = () => until(async () => (await redis.cli("keys", "*entry:*")) !== "");

/** Answers each request with its number. */
function startCounting(cacheControl: string): Upstream {
  let count = 0;
  const headers = [["cache-control", cacheControl]] as const;
  return startUpstream((_, connection) => void connection.send(response(String(++count), { headers })));
}

describe("what is in Redis alone", () => {
  test("RFC 5861 §3 is the answer while it is asked for anew beside, once for all gateways", async () => {
    const isRead = Promise.withResolvers<void>();
    let asked = 0;
    const headers = [["cache-control", "max-age=0, stale-while-revalidate=600"]] as const;
    using service = startUpstream(async (_, connection) => {
      const number = ++asked;
      if (number > 1) await isRead.promise;
      void connection.send(response(String(number), { headers }));
    });
    await using a = await start(service);
    await using b = await start(service);
    expect(await ask(a)).toBe("200 1");
    await untilStored();
    const [first, second] = await Promise.all([ask(b), ask(b)]);
    expect([first, second]).toEqual(["200 1", "200 1"]);
    await until(() => asked > 1);
    expect(asked).toBe(2);
    isRead.resolve();
    // What has come beside them is there, for the other gateway too.
    await until(async () => (await ask(a)) !== "200 1");
  }, 120_000);

  test("RFC 5861 §3 holds no lock when the service fails beside it, and is asked for again", async () => {
    let asked = 0;
    const headers = [["cache-control", "max-age=0, stale-while-revalidate=600"]] as const;
    using service = startUpstream((_, connection) => {
      asked++;
      if (asked === 2) connection.close();
      else void connection.send(response(String(asked), { headers }));
    });
    await using gateway = await start(service);
    expect(await ask(gateway)).toBe("200 1");
    await untilStored();
    // The second answer was none; each question since has had the service asked anew.
    await until(async () => (await ask(gateway)) !== "200 1");
    expect(asked).toBeGreaterThan(2);
  }, 120_000);

  test("RFC 9111 §5.2.1.4 is asked about by its tag where a client wants it anew", async () => {
    const headers = [
      ["cache-control", "max-age=600"],
      ["etag", '"one"'],
    ] as const;
    using service = startUpstream((request, connection) => {
      const isKnown = request.header("if-none-match") === '"one"';
      void connection.send(response(isKnown ? "" : "one", { status: isKnown ? 304 : 200, headers }));
    });
    await using gateway = await start(service);
    await ask(gateway);
    await untilStored();
    expect(await ask(gateway, "Cache-Control: no-cache\r\n")).toBe("200 one");
    expect(service.requests[1]?.header("if-none-match")).toBe('"one"');
  }, 120_000);

  /** Answers GET with three bytes, and HEAD with that length, fresh for so long. */
  const startHeaded = (getSeconds: number, headSeconds: number, headLength: number) =>
    startUpstream(({ method }, connection) => {
      const isHead = method === "HEAD";
      const fresh = `cache-control: max-age=${isHead ? headSeconds : getSeconds}`;
      const head = `HTTP/1.1 200 OK\r\netag: "one"\r\n${fresh}\r\ncontent-length: ${isHead ? headLength : 3}\r\n\r\n`;
      void connection.send(isHead ? head : `${head}one`);
    });
  const stored = async () => {
    const key = await redis.cli("keys", "*entry:*");
    return key === "" ? "" : redis.cli("get", key);
  };

  test("RFC 9111 §4.3.5 the reply to HEAD freshens it for all gateways", async () => {
    using service = startHeaded(0, 600, 3);
    await using gateway = await start(service);
    await using other = await start(service);
    await ask(gateway);
    await untilStored();
    await ask(gateway, "", "HEAD");
    await until(async () => (await stored()).includes('"lifetimeMs":600000'));
    expect(await ask(other)).toBe("200 one");
    expect(service.requests.map(({ method }) => method)).toEqual(["GET", "HEAD"]);
  }, 120_000);

  test("RFC 9111 §4.3.5 the reply to HEAD of another length makes it invalid for all gateways", async () => {
    using service = startHeaded(600, 600, 7);
    await using gateway = await start(service);
    await using other = await start(service);
    await ask(gateway);
    await untilStored();
    await ask(gateway, "Cache-Control: no-cache\r\n", "HEAD");
    await until(async () => {
      await ask(other);
      return service.requests.length > 2;
    });
    expect(service.requests.map(({ method }) => method)).toEqual(["GET", "HEAD", "GET"]);
  }, 120_000);
});

describe("several workers of one gateway", () => {
  test.each(["redis", "both"])(
    "share what is stored with store: %s",
    async (store) => {
      using service = startCounting("max-age=600");
      await using gateway = await start(service, store, "listen: { host: 127.0.0.1, port: 0, workers: 3 }");
      expect(await ask(gateway)).toBe("200 1");
      await untilStored();
      const all = await Promise.all(Array.from({ length: 30 }, () => ask(gateway)));
      expect(new Set(all)).toEqual(new Set(["200 1"]));
    },
    120_000,
  );
});

test("RFC 9111 §4.4 who has the answer to an unsafe request finds the old reply at no gateway", async () => {
  using service = startCounting("max-age=600");
  await using a = await start(service);
  await using b = await start(service);
  expect(await ask(a)).toBe("200 1");
  await untilStored();
  expect(await ask(b)).toBe("200 1");
  // Redis takes its time for what is written, and for nothing else.
  await redis.cli("client", "pause", "500", "write");
  expect(await ask(a, "Content-Length: 0\r\n", "PUT")).toMatch(/^200 /);
  expect(await ask(b)).not.toBe("200 1");
}, 120_000);

test("a gateway that is killed while it asks holds up the others for a bounded time", async () => {
  let asked = 0;
  using service = startUpstream((_, connection) => {
    if (++asked > 1) void connection.send(response("two", { headers: [["cache-control", "max-age=600"]] }));
  });
  await using first = await start(service);
  await using second = await start(service);
  const lost = ask(first).catch(() => "lost");
  await until(() => asked === 1);
  const waiting = Promise.all([ask(second), ask(second)]);
  await first.kill();
  expect(await waiting).toEqual(["200 two", "200 two"]);
  expect([await lost, asked]).toEqual(["lost", 2]);
  expect(await ask(second)).toBe("200 two");
}, 120_000);
