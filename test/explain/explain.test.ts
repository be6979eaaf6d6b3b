import { describe, expect, test } from "bun:test";
import type { ExplainReport } from "../../src/explain/report.ts";
import { currentClaims, currentToken, makeToken, RSA, rs256, rsaKey } from "../plugins/jwt/tokens.ts";
import { connect } from "../support/raw.ts";
import { replies } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";
import { explainer } from "./setup.ts";

const SERVICES =
  "services: { all: { targets: ['http://127.0.0.1:1', 'http://127.0.0.1:2'], timeouts: { total: 9s } } }\n";

/** What each route of the report has against the request. */
function lossesOf({ candidates }: ExplainReport): Record<string, string> {
  return Object.fromEntries(
    candidates.map(({ name, losses }) => [name, losses.map(({ reason }) => reason).join("; ")]),
  );
}

const explanationOf = ({ plugins }: ExplainReport, name: string) =>
  plugins.find((one) => one.name === name)?.explanation;

describe("routes", () => {
  const yaml = `${SERVICES}routes:
  - { name: exact, path: /a/b, service: all }
  - { name: parameter, path: /a/:id, service: all }
  - { name: longer, path: /a/b/*, service: all }
  - { name: shorter, path: /a/*, service: all }
  - { name: regex, path: "~^/a", service: all, rewrite: /x }
  - { name: host, path: /a/b, host: "*.h.test", service: all }
  - { name: more, path: /a/b, methods: [GET], headers: { x: "1" }, query: { q: "1" }, service: all }
  - { name: other, path: /c, methods: [POST], service: all }
`;

  test("that lost say why, each condition by itself", async () => {
    await using explain = await explainer(yaml);
    const report = await explain.of("GET", "http://gw.test/a/b?q=2", { x: "2" });
    expect(report).toMatchObject({ outcome: "forwarded", route: { name: "exact", place: "gateway.yaml:3" } });
    expect(lossesOf(report)).toEqual({
      exact: "",
      parameter: "exact: an exact path comes before a path with parameters",
      longer: "exact: an exact path comes before a prefix",
      shorter: "exact: an exact path comes before a prefix",
      regex: "exact: an exact path comes before a regular expression",
      host: "the host is not *.h.test",
      more: "x is not 1; the parameter q is not 1",
      other: "the path is not /c; the method is not POST",
    });
    expect(report.candidates[0]?.name).toBe("exact");
    expect(report.candidates.at(-1)?.name).toBe("other");
  });

  test.each([
    ["http://x.h.test/a/b", {}, "exact", "host: it names the host *.h.test"],
    ["http://gw.test/a/b?q=1", { x: "1" }, "exact", "more: it has more conditions: 3 to 0"],
    ["http://gw.test/a/b/c", {}, "shorter", "longer: the longer path comes first: 2 segments before 1"],
  ])("%s with %p: %s lost to %s", async (url, headers, loser, reason) => {
    await using explain = await explainer(yaml);
    expect(lossesOf(await explain.of("GET", url, headers))[loser]).toBe(reason);
  });

  test("a 404 has the nearest first, a 405 the methods that there are", async () => {
    await using explain = await explainer(yaml.replace(/.*name: (shorter|regex|longer|parameter).*\n/g, ""));
    const none = await explain.of("GET", "/cc");
    expect(none).toMatchObject({ outcome: "not-found", status: 404, reason: "no route takes it" });
    const wrong = await explain.of("GET", "/c");
    expect(wrong).toMatchObject({ outcome: "method-not-allowed", status: 405, allow: ["POST"] });
    expect(wrong.candidates[0]).toMatchObject({ name: "other", losses: [{ by: "method" }] });
  });
});

describe("services", () => {
  test("tell the URLs, the shares, and how one is chosen", async () => {
    await using explain = await explainer(`services:
  old: { targets: ["http://old"], preserve-host: true }
  new: { targets: ["http://new"] }
routes:
  - { path: /w/*, strip-prefix: /w, weighted: [{ service: old, weight: 3 }, { service: new, weight: 1 }], force: { header: x-v } }
  - { path: /c, service: old, canary: { service: new, steps: ["5%", "10%"] } }
`);
    const byLot = await explain.of("GET", "http://shop.test/w/a%2fb?x=1");
    expect(byLot.split).toEqual({
      by: "lot",
      services: [
        { service: "old", share: 0.75, isChosen: true },
        { service: "new", share: 0.25, isChosen: false },
      ],
    });
    expect(byLot.upstream).toMatchObject({
      urls: ["http://old/a%2fb?x=1"],
      host: "shop.test",
      place: "gateway.yaml:2",
    });
    const forced = await explain.of("GET", "/w/", { "X-V": "new" });
    expect(forced).toMatchObject({ split: { by: "force" }, upstream: { service: "new", urls: ["http://new/"] } });
    const canary = await explain.of("GET", "/c");
    expect(canary.split?.services.map(({ share }) => share)).toEqual([0.95, 0.05]);
  });

  test("a path that cannot be rewritten is refused", async () => {
    await using explain = await explainer(`${SERVICES}routes: [{ path: /a/*, strip-prefix: /a, service: all }]\n`);
    const report = await explain.of("GET", "/a//b");
    expect(report).toMatchObject({ outcome: "refused", status: 400, reason: "the path cannot be rewritten" });
    expect(report.timeouts).toMatchObject({ total: 9_000, connect: 3_000, "listen.header": 10_000 });
  });
});

describe("plugins", () => {
  test("are told in the order in which they run, each option with its place, secrets by their names", async () => {
    await using explain = await explainer(
      `plugins: { access-log: {}, request-id: {} }
${SERVICES}routes:
  - path: /*
    service: all
    plugins:
      rate-limit: { limit: 10/m }
      jwt:
        secret: \${file:secret}
        algorithms: [HS256]
      headers: { request: { set: { authorization: "Basic c2VjcmV0" } } }
`,
      { secret: "0123456789abcdef0123456789abcdef" },
    );
    const report = await explain.of("GET", "/");
    expect(report.chain).toEqual([
      { phase: "request", plugins: ["request-id"] },
      { phase: "authenticate", plugins: ["jwt"] },
      { phase: "limit", plugins: ["rate-limit"] },
      { phase: "forward", plugins: ["headers"] },
      { phase: "response", plugins: ["request-id", "rate-limit"] },
      { phase: "log", plugins: ["access-log"] },
    ]);
    const [, id, limit, jwt, headers] = report.plugins;
    expect(id).toMatchObject({ name: "request-id", origin: "global", place: "gateway.yaml:1", isReached: true });
    expect(jwt?.options.slice(0, 2)).toEqual([
      { name: "secret", value: `$${"{file:secret}"}`, place: "gateway.yaml:9" },
      { name: "algorithms", value: ["HS256"], place: "gateway.yaml:10" },
    ]);
    expect(jwt?.options).toContainEqual({ name: "clock-tolerance", value: "5s" });
    expect(headers?.options[0]?.value).toEqual({ set: { authorization: "(hidden)" } });
    // Without a token it ends at jwt, which stands behind it in the file and runs before it.
    expect(limit).toMatchObject({ name: "rate-limit", isReached: false });
    expect(report).toMatchObject({ outcome: "refused", status: 401 });
    expect(JSON.stringify(report)).not.toMatch(/0123456789abcdef|c2VjcmV0/);
  });

  test.each([
    ["basic-auth: { users: { ada: $HASH } }", { ada: "(hidden)" }],
    ['jwt: { algorithms: [HS256], secret: "0123456789abcdef0123456789abcdef" }', "(hidden)"],
    [`jwt: { algorithms: [HS256], secret: "$${"{KEY:-0123456789abcdef0123456789abcdef}"}" }`, `$${"{KEY}"}`],
    ["jwt: { public-key: $PEM, cookie: session }", "(PEM text)"],
    ['jwt: { jwks: "https://u:hunter2@id.test/keys" }', "https://***@id.test/keys"],
  ])("%s: a secret is not shown", async (plugin, expected) => {
    const hash = await Bun.password.hash("hunter2", { algorithm: "bcrypt", cost: 10 });
    const written = plugin.replace("$HASH", JSON.stringify(hash)).replace("$PEM", JSON.stringify(RSA.pem));
    await using explain = await explainer(`${SERVICES}routes: [{ path: /*, service: all, plugins: { ${written} } }]\n`);
    const report = await explain.of("GET", "/");
    expect(report.plugins[0]?.options.map(({ value }) => value)).toContainEqual(expected);
    expect(JSON.stringify(report)).not.toMatch(/0123456789abcdef|hunter2|\$2[aby]|BEGIN/);
  });

  test("the JWT's verdict, and the limiter's key by it", async () => {
    const yaml = (jwt: string) => `${SERVICES}routes:
  - { path: /*, service: all, plugins: { jwt: { public-key: jwt.pem, issuer: id, ${jwt} }, rate-limit: { limit: 10/m, key: principal } } }
`;
    const files = { "jwt.pem": RSA.pem };
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    await using explain = await explainer(yaml("scopes: []"), files);
    const good = await explain.of("GET", "/", bearer(currentToken({ iss: "id" })));
    expect(explanationOf(good, "jwt")).toMatchObject({
      verdict: "passes",
      facts: { principal: "ada", issuer: "id", signature: "valid" },
    });
    expect(explanationOf(good, "rate-limit")).toMatchObject({
      verdict: "depends",
      facts: { keys: [expect.stringMatching(/principal:jwt:ada$/)], limits: ['"default";q=10;w=60'], cost: 1 },
    });
    const foreign = makeToken({ alg: "RS256" }, { ...currentClaims(), iss: "id" }, rs256(rsaKey().privateKey));
    for (const [token, reason] of [
      [currentToken({ iss: "other" }), "The token is from another issuer"],
      [currentToken({ iss: "id", exp: 1 }), "The token has expired"],
      [foreign, "The token's signature is not valid"],
      ["x", "The token is malformed"],
    ] as const) {
      const report = await explain.of("GET", "/", bearer(token));
      expect({ token, ...explanationOf(report, "jwt") }).toMatchObject({ verdict: "refuses", status: 401, reason });
      expect(report).toMatchObject({ outcome: "refused", status: 401, reason: `jwt: ${reason}` });
    }
    await using scoped = await explainer(yaml("scopes: [a], blacklist: {}"), files);
    expect(await scoped.of("GET", "/", bearer(currentToken({ iss: "id" })))).toMatchObject({ status: 403 });
    const open = await scoped.of("GET", "/", bearer(currentToken({ iss: "id", scope: "a" })));
    expect(explanationOf(open, "jwt")).toMatchObject({
      verdict: "depends",
      reason: expect.stringContaining("revoked"),
    });
  });

  test.each([
    ["GET", {}, "tried up to 3 times, within the budget"],
    [
      "POST",
      {},
      "tried again only before the service may have got it: POST without Idempotency-Key is not safe to send twice",
    ],
    ["POST", { "idempotency-key": "k", "content-length": "65536" }, "tried up to 3 times, within the budget"],
    [
      "PUT",
      { "content-length": "65537" },
      "tried again only before the service may have got it: its body is longer than replay-bytes (65536)",
    ],
    [
      "PUT",
      { "transfer-encoding": "chunked" },
      "tried again only before the service may have got it: its body has no known length, so it is not kept",
    ],
  ])("retry of %s with %p: %s", async (method, headers, reason) => {
    await using explain = await explainer(`${SERVICES}routes: [{ path: /*, service: all, plugins: { retry: {} } }]\n`);
    expect((await explain.of(method, "/", headers)).retry).toEqual({ plugin: true, reason });
  });

  test.each([
    ["GET", {}, "depends", { url: "http://localhost:8080/?a=1", key: "header:fr" }],
    ["GET", { "x-no": "1" }, "passes", undefined],
    ["GET", { "if-match": '"x"' }, "passes", undefined],
    ["GET", { "content-length": "1" }, "passes", undefined],
    ["POST", {}, "passes", undefined],
  ])("cache of %s with %p: %s", async (method, headers, verdict, facts) => {
    const cache = "cache: { key: { query: [a], headers: [x-lang] }, bypass: [header:x-no] }";
    await using explain = await explainer(`${SERVICES}routes: [{ path: /*, service: all, plugins: { ${cache} } }]\n`);
    const report = await explain.of(method, "/?b=2&a=1", { "x-lang": "fr", ...headers });
    const explanation = explanationOf(report, "cache");
    expect<unknown>({ verdict: explanation?.verdict, facts: explanation?.facts }).toEqual({ verdict, facts });
  });

  test("a preflight is for the route of the request that it asks about", async () => {
    await using explain = await explainer(`${SERVICES}routes:
  - { name: get, path: /x, methods: [GET], service: all, plugins: { cors: { origins: ["https://a.test"], block: true } } }
`);
    const asking = (origin: string) => explain.of("OPTIONS", "/x", { origin, "access-control-request-method": "GET" });
    expect(await asking("https://a.test")).toMatchObject({
      outcome: "answered",
      status: 204,
      preflightFor: "GET",
      route: { name: "get" },
    });
    expect(await asking("https://b.test")).toMatchObject({ outcome: "refused", status: 403 });
  });

  test("nobody is asked: no service, no key set, no store", async () => {
    const connections: unknown[] = [];
    const upstream = startUpstream(replies(), { onOpen: (connection) => void connections.push(connection) });
    try {
      await using explain = await explainer(`redis: { url: "redis://127.0.0.1:${upstream.port}" }
services: { all: { targets: ["${upstream.url}"], health: { path: / } } }
routes:
  - { path: /*, service: all, plugins: { jwt: { jwks: "${upstream.url}/keys", blacklist: {} }, rate-limit: { limit: 1/h } } }
`);
      const headers = { authorization: `Bearer ${currentToken()}` };
      const first = await explain.of("GET", "/", headers);
      expect(explanationOf(first, "jwt")).toMatchObject({ verdict: "depends", facts: { signature: "not checked" } });
      expect(first.outcome).toBe("forwarded");
      // Nothing was counted either: the limit of one in an hour has room still.
      expect(await explain.of("GET", "/", headers)).toEqual(first);
      // Whoever connected before is accepted before this one.
      using own = await connect(upstream.port);
      await own.exchange("GET /own HTTP/1.1\r\nHost: x\r\n\r\n");
      expect(connections).toHaveLength(1);
    } finally {
      upstream.stop();
    }
  });
});

test("the client's address is that of trusted proxies' words alone", async () => {
  await using explain = await explainer(`listen: { trusted-proxies: [10.0.0.0/8] }
${SERVICES}routes: [{ path: /*, service: all, plugins: { rate-limit: { limit: 1/h } } }]\n`);
  const headers = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https" };
  expect((await explain.of("GET", "/", headers, "10.1.1.1")).request).toMatchObject({
    client: "203.0.113.7",
    scheme: "https",
  });
  expect((await explain.of("GET", "/", headers, "192.0.2.1")).request).toMatchObject({
    client: "192.0.2.1",
    scheme: "http",
  });
});
