import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { currentToken, RSA } from "../plugins/jwt/tokens.ts";
import { countOf, statusOf } from "../support/ask.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

const LIMIT = 20;

let folder: TempFolder;
let redis: RedisServer;
let a: GatewayProcess;
let b: GatewayProcess;

/** Answers when so many requests have come together. */
const service = {
  waitsFor: 1,
  waiting: [] as (() => void)[],
  async answer(): Promise<Response> {
    const { promise, resolve } = Promise.withResolvers<void>();
    service.waiting.push(resolve);
    if (service.waiting.length >= service.waitsFor) for (const go of service.waiting.splice(0)) go();
    await promise;
    return new Response("ok");
  },
};
let upstream: ReturnType<typeof Bun.serve>;

const jwt = (more = "", blacklist = "") =>
  `jwt: { public-key: ../jwt.pem, blacklist: { mode: check${blacklist} }${more} }`;
const limit = (more = "") => `rate-limit: { limit: ${LIMIT}/10d, key: principal${more} }`;
const route = (path: string, plugins: string) =>
  `  - { name: ${path}, path: /${path}, plugins: { ${plugins}, respond: { status: 200 } } }`;
const FAILURES = ", authentication-failures: 5/10d";
const ROUTES = [
  route("counted", `${jwt()}, ${limit()}`),
  route("once", `${jwt()}, ${limit()}`),
  route("revoked", `${jwt()}, ${limit()}`),
  route("flood", `${jwt()}, ${limit()}`),
  route("anew", `${jwt()}, ${limit()}`),
  route("scope", `${jwt(", scopes: [a]")}, ${limit()}`),
  route("full", `${jwt()}, ${limit()}`),
  route("failures", `${jwt()}, ${limit(FAILURES)}`),
  route("free", `${jwt()}, ${limit(`${FAILURES}, tiers: { none: false }`)}`),
];

beforeAll(async () => {
  folder = tempFolder();
  folder.write("jwt.pem", RSA.pem);
  redis = await startRedis();
  upstream = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: service.answer });
  const held = [
    ["held", limit(FAILURES)],
    ["held-free", limit(`${FAILURES}, tiers: { none: false }`)],
  ].map(([path, rate]) => `  - { path: /${path}, service: all, plugins: { ${jwt()}, ${rate} } }`);
  const yaml = `redis: { url: "${redis.url}", command-timeout: 2s }
services: { all: { targets: ["http://127.0.0.1:${upstream.port}"] } }
routes:
${[...ROUTES, ...held].join("\n")}
`;
  [a, b] = (await Promise.all(["a", "b"].map((name) => startGateway(yaml, { folder: folder.file(name) })))) as [
    GatewayProcess,
    GatewayProcess,
  ];
}, 60_000);
afterAll(async () => {
  await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()]);
  await upstream.stop(true);
  await redis[Symbol.asyncDispose]();
  folder.remove();
});

const ask = ({ port }: GatewayProcess, path: string, token: string) =>
  statusOf(port, `/${path}`, { authorization: `Bearer ${token}` });
const jtiOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).jti;
const revoke = (token: string) => redis.cli("setex", `blacklist:${jtiOf(token)}`, "600", "1");

/** What is left of the limit, as the gateway says; it costs one. */
async function leftOf({ port }: GatewayProcess, path: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const { headers: answered } = await fetch(`http://127.0.0.1:${port}/${path}`, { headers });
  return Number(/;r=(\d+);/.exec(answered.get("ratelimit") ?? "")?.[1]);
}

/** Scripts and other commands that Redis has run for the gateways. */
async function commandsRun(): Promise<{ readonly scripts: number; readonly looks: number }> {
  const text = await redis.cli("info", "commandstats");
  const callsOf = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(text)?.[1] ?? 0);
  return { scripts: callsOf("evalsha"), looks: callsOf("exists") };
}

describe("a remembered token and a limit of its principal", () => {
  test("are one question to the store", async () => {
    const token = currentToken({ sub: "once" });
    await ask(a, "once", token);
    const before = await commandsRun();
    for (let i = 0; i < 5; i++) expect(await ask(a, "once", token)).toBe(200);
    const after = await commandsRun();
    // EXISTS is counted too where a script has called it.
    expect([after.scripts - before.scripts, after.looks - before.looks]).toEqual([5, 5]);
  });

  test("cost nothing once the token is revoked, and that is what the client is told", async () => {
    const [token, other] = [currentToken({ sub: "ada" }), currentToken({ sub: "ada" })];
    expect(await leftOf(a, "revoked", other)).toBe(LIMIT - 1);
    expect(await ask(a, "revoked", token)).toBe(200);
    await revoke(token);
    for (let i = 0; i < LIMIT; i++) expect(await ask(i % 2 === 0 ? a : b, "revoked", token)).toBe(401);
    expect(await leftOf(b, "revoked", other)).toBe(LIMIT - 3);
  });

  test("leave others of the same principal all of their limit, whatever a revoked token asks at the same time", async () => {
    const [stolen, good] = [currentToken({ sub: "eve" }), currentToken({ sub: "eve" })];
    await Promise.all([ask(a, "flood", stolen), ask(b, "flood", stolen), ask(a, "flood", good), ask(b, "flood", good)]);
    await revoke(stolen);
    const asked = Array.from({ length: 300 }, (_, i) => {
      const token = i % 5 === 0 ? good : stolen;
      return ask(i % 2 === 0 ? a : b, "flood", token).then((status) => ({ status, token }));
    });
    const all = await Promise.all(asked);
    const statuses = (of: string) => all.filter(({ token }) => token === of).map(({ status }) => status);
    expect(new Set(statuses(stolen))).toEqual(new Set([401]));
    expect([countOf(statuses(good), 200), countOf(statuses(good), 429)]).toEqual([LIMIT - 4, 60 - (LIMIT - 4)]);
  });

  test("pass where only what was issued before was revoked, and are charged then", async () => {
    const token = currentToken({ sub: "bob" });
    const before = Math.floor(Date.now() / 1_000) - 60;
    const body = JSON.stringify({ subject: "bob", before });
    const { status } = await fetch(`http://127.0.0.1:${a.adminPort}/api/revocations`, { method: "POST", body });
    expect(status).toBe(200);
    expect([await leftOf(a, "anew", token), await leftOf(a, "anew", token)]).toEqual([LIMIT - 1, LIMIT - 2]);
    const old = currentToken({ sub: "bob", iat: before - 60 });
    expect([await ask(a, "anew", old), await ask(a, "anew", old)]).toEqual([401, 401]);
    expect(await leftOf(a, "anew", token)).toBe(LIMIT - 3);
  });

  test("are refused for the token first, for its scopes next and for the limit last", async () => {
    const [narrow, wide] = [currentToken({ sub: "cy" }), currentToken({ sub: "cy", scope: "a" })];
    for (let i = 0; i < 3; i++) expect(await ask(a, "scope", narrow)).toBe(403);
    expect(await leftOf(a, "scope", wide)).toBe(LIMIT - 1);
    await revoke(narrow);
    expect(await ask(a, "scope", narrow)).toBe(401);

    const token = currentToken({ sub: "dan" });
    for (let i = 0; i < LIMIT; i++) expect(await ask(a, "full", token)).toBe(200);
    expect(await ask(a, "full", token)).toBe(429);
    await revoke(token);
    expect(await ask(a, "full", token)).toBe(401);
  });

  test.each(["failures", "free"])("count as failed authentications where the token is revoked (%s)", async (path) => {
    const headers = { "x-forwarded-for": "192.0.2.1" };
    const token = currentToken({ sub: `fay ${path}`, tier: "none" });
    const send = (authorization: string) => statusOf(a.port, `/${path}`, { ...headers, authorization });
    for (let i = 0; i < 8; i++) expect(await send(`Bearer ${token}`)).toBe(200);
    await revoke(token);
    const statuses = await Promise.all(Array.from({ length: 40 }, () => send(`Bearer ${token}`)));
    expect([countOf(statuses, 401), countOf(statuses, 429)]).toEqual([5, 35]);
  });

  test("are counted as an accepted token and an allowed request", async () => {
    const token = currentToken({ sub: "gil" });
    for (let i = 0; i < 3; i++) expect(await ask(a, "counted", token)).toBe(200);
    await revoke(token);
    for (let i = 0; i < 2; i++) expect(await ask(a, "counted", token)).toBe(401);
    const text = await (await fetch(`http://127.0.0.1:${a.adminPort}/metrics`)).text();
    expect(text).toContain('sluice_plugin_jwt_requests_total{route="counted",outcome="accepted"} 3');
    expect(text).toContain('sluice_plugin_jwt_requests_total{route="counted",outcome="refused"} 2');
    expect(text).toContain('sluice_plugin_rate_limit_requests_total{route="counted",decision="allowed"} 3');
  });

  test.each(["held", "held-free"])(
    "let others of an address try once the token is known to be good (%s)",
    async (path) => {
      service.waitsFor = 1;
      const [good, bad] = [currentToken({ sub: "hal", tier: "none" }), currentToken()];
      await ask(a, path, good);
      await ask(a, path, bad);
      await revoke(bad);
      for (let i = 0; i < 4; i++) expect(await ask(a, path, bad)).toBe(401);
      // One may still fail, so one is looked at at a time; but both are at the service together.
      service.waitsFor = 2;
      expect(await Promise.all([ask(a, path, good), ask(a, path, good)])).toEqual([200, 200]);
    },
  );
});

describe("where Redis does not answer in time", () => {
  test("each of the two has its own policy, and nobody waits twice", async () => {
    await using hung = await startRedis();
    const two = (path: string, token: string, rate: string) =>
      route(path, `${jwt("", `, store-failure: ${token}`)}, ${limit(`, store-failure: ${rate}`)}`);
    const routes = [two("deny-local", "deny", "local"), two("allow-local", "allow", "local")];
    routes.push(two("allow-deny", "allow", "deny"), two("last-allow", "last-known", "allow"));
    const yaml = `redis: { url: "${hung.url}", command-timeout: 2s }\nroutes:\n${routes.join("\n")}\n`;
    await using gateway = await startGateway(yaml, { folder: folder.file("hung") });
    const paths = ["deny-local", "allow-local", "allow-deny", "last-allow"];
    const token = currentToken({ sub: "ida" });
    for (const path of [...paths, ...paths]) expect(await ask(gateway, path, token)).toBe(200);
    hung.hang();
    const startedAt = performance.now();
    // Fewer than those after which Redis is asked nothing any more.
    expect(await Promise.all(paths.map((path) => ask(gateway, path, token)))).toEqual([503, 200, 503, 200]);
    expect(performance.now() - startedAt).toBeLessThan(3_900);
    hung.resume();
  });
});
