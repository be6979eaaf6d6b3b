import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ERRORS } from "../../src/errors.ts";
import type { PluginPolicy } from "../../src/policy/plugin-policy.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { decodeOptions } from "../../src/testing/options.ts";
import { sourceFiles } from "../architecture/source.ts";

const PROJECT = join(import.meta.dir, "../..");
const registry = await createRegistry(join(PROJECT, "plugins"));
const plugins = await registry.all();
const sources = await sourceFiles("plugins");
const pem = "./examples/shop/nobody.pem";

/** What a plugin says of options as they are written in the YAML. */
async function described(name: string, options: Readonly<Record<string, unknown>>, hasBody = true) {
  const plugin = plugins.find((one) => one.name === name);
  if (plugin?.describe === undefined) throw new Error(`${name} does not describe itself`);
  const decoded = decodeOptions(plugin, options, PROJECT);
  const place = { route: { name: "test", path: "/*" }, service: "users", hasBody };
  return plugin.describe(decoded as never, place);
}

function codesOf({ refusals }: PluginPolicy): readonly string[] {
  return (refusals ?? []).map(({ code }) => `${ERRORS[code].status} ${code}`);
}

describe.each(plugins.map((plugin) => [plugin.name, plugin] as const))("%s", (name, plugin) => {
  test("describes itself if it authenticates, limits or refuses", () => {
    const page = readFileSync(join(PROJECT, `docs/plugins/${name}.md`), "utf8");
    // docs.test.ts holds that these are its phases.
    const isFilter = /^- \*\*(authenticate|limit)\*\*/m.test(page);
    const own = sources.filter(({ path }) => path === `plugins/${name}.ts` || path.startsWith(`plugins/${name}/`));
    const isRefusing = own.some(({ path, text }) => !path.endsWith("endpoints.ts") && REFUSAL.test(text));
    expect(plugin.describe !== undefined || !(isFilter || isRefusing)).toBe(true);
  });
});

/** An error that a client gets for its request; the others end a copy, a try or a broken reply. */
const REFUSAL = /(throw|return|=>) new GatewayError\("(?!internal|client_closed|upstream_timeout)|bearerError\(/;

test("cache tells of replies that it may keep, and nothing of requests with a body", async () => {
  const policy = await described("cache", { ttl: "90s", "stale-if-error": "5m" }, false);
  expect(codesOf(policy)).toEqual(["504 not_cached"]);
  expect(policy.extensions).toEqual({ "x-cache": { "ttl-seconds": 90 } });
  expect(policy.notes).toHaveLength(2);
  expect(await described("cache", { ttl: "90s" })).toEqual({});
});

const TOKEN = ["400 bad_request", "401 unauthenticated"];

test.each([
  ["jwt", { "public-key": pem }, TOKEN],
  ["jwt", { "public-key": pem, scopes: ["a"] }, [...TOKEN, "403 forbidden"]],
  ["jwt", { jwks: "https://id.example.com/keys" }, [...TOKEN, "503 identity_unavailable"]],
  ["jwt", { "public-key": pem, blacklist: {} }, [...TOKEN, "503 store_unavailable"]],
  ["jwt", { "public-key": pem, blacklist: { "store-failure": "allow" } }, TOKEN],
  ["api-key", {}, [...TOKEN, "503 store_unavailable"]],
  ["api-key", { scopes: ["a"] }, [...TOKEN, "403 forbidden", "503 store_unavailable"]],
  ["basic-auth", {}, [...TOKEN, "503 overloaded"]],
  [
    "oauth2-introspection",
    { endpoint: "https://id.example.com", "client-id": "a", "client-secret": "b" },
    [...TOKEN, "503 identity_unavailable", "503 overloaded"],
  ],
  ["forward-auth", { url: "https://id.example.com" }, ["503 identity_unavailable", "503 overloaded"]],
  ["forward-auth", { url: "https://id.example.com", failure: "allow" }, ["503 overloaded"]],
  ["acl", {}, ["401 unauthenticated", "403 forbidden"]],
  ["ip-restriction", { deny: ["192.0.2.1"] }, ["403 forbidden"]],
  ["cors", { origins: ["*"] }, []],
  ["cors", { origins: ["null"], block: true }, ["403 forbidden"]],
  ["body-limit", { size: "1kb" }, ["413 payload_too_large"]],
  ["rate-limit", { limit: "10/s" }, ["429 rate_limited", "503 store_unavailable"]],
  ["rate-limit", { limit: "10/s", "store-failure": "allow" }, ["429 rate_limited"]],
  ["rate-limit", { "authentication-failures": "10/m" }, ["429 rate_limited"]],
  ["quota", { day: 10 }, ["429 rate_limited"]],
  ["quota", { day: 10, "store-failure": "deny" }, ["429 rate_limited", "503 store_unavailable"]],
  ["concurrency-limit", { limit: 1 }, ["503 overloaded"]],
  ["concurrency-limit", { limit: 1, status: 429 }, ["429 rate_limited"]],
  ["concurrency-limit", { limit: 1, "store-failure": "deny" }, ["503 overloaded", "503 store_unavailable"]],
  ["adaptive-concurrency", {}, ["503 overloaded"]],
  ["circuit-breaker", {}, ["503 circuit_open"]],
  ["circuit-breaker", { fallback: { service: "other" } }, ["503 circuit_open"]],
  ["circuit-breaker", { fallback: { body: "soon" } }, []],
  ["redirect", { scheme: "https" }, []],
  ["respond", {}, []],
] as const)("%s with %j may refuse with %j", async (name, options, codes) => {
  expect(codesOf(await described(name, options))).toEqual([...codes]);
});

test.each([
  ["jwt", { "public-key": pem, scopes: ["a", "b"] }, { jwt: "http bearer" }, ["a", "b"], false],
  ["jwt", { "public-key": pem, cookie: "session", optional: true }, { "jwt-cookie": "apiKey session" }, [], true],
  ["jwt", { "public-key": pem, header: "X-Token" }, { jwt: "apiKey x-token" }, [], false],
  ["api-key", {}, { "api-key": "apiKey x-api-key" }, [], false],
  ["api-key", { query: "key", optional: true }, { "api-key-query": "apiKey key" }, [], true],
  ["api-key", { header: "authorization", scheme: "Bearer" }, { "api-key": "http bearer" }, [], false],
  ["basic-auth", { optional: true }, { "basic-auth": "http basic" }, undefined, true],
  [
    "oauth2-introspection",
    {
      endpoint: "https://id.example.com",
      "client-id": "a",
      "client-secret": "b",
      scopes: ["a"],
      query: "t",
      header: "x",
    },
    { "oauth2-introspection": "apiKey x", "oauth2-introspection-query": "apiKey t" },
    ["a"],
    false,
  ],
] as const)("%s with %j wants %j", async (name, options, places, scopes, isOptional) => {
  const { security } = await described(name, options);
  const found = Object.entries(security?.schemes ?? {}).map(([key, scheme]) => [
    key,
    `${scheme.type} ${scheme.type === "http" ? scheme.scheme : scheme.type === "apiKey" ? scheme.name : ""}`,
  ]);
  expect(Object.fromEntries(found)).toEqual(places);
  expect(security?.scopes).toEqual(scopes as readonly string[] | undefined as never);
  expect(security?.isOptional ?? false).toBe(isOptional);
});

test.each([
  [
    "rate-limit",
    { limit: 100, window: "1m", burst: 10 },
    { "x-ratelimit": [{ name: "default", limit: 100, "window-seconds": 60, key: "ip", burst: 10 }] },
    ["At most 100 requests in 1 minute for each client address."],
  ],
  [
    "rate-limit",
    { limits: ["1/s", { limit: "5/h", key: "principal", tiers: { gold: false } }], cost: 1 },
    {
      "x-ratelimit": [
        { name: "ip/1s", limit: 1, "window-seconds": 1, key: "ip" },
        { name: "principal/1h", limit: 5, "window-seconds": 3_600, key: "principal" },
      ],
    },
    [
      "At most 1 request in 1 second for each client address. At most 5 requests in 1 hour for each caller; some callers have another limit.",
    ],
  ],
  ["rate-limit", { "authentication-failures": "10/m" }, undefined, undefined],
  [
    "quota",
    { day: 1_000, month: 9_000, cost: 2 },
    { "x-quota": { day: 1_000, month: 9_000, key: "principal", timezone: "UTC", cost: 2 } },
    [
      "At most 1000 requests in a day and 9000 requests in a month of the calendar in UTC for each caller. One of these counts as 2.",
    ],
  ],
  [
    "concurrency-limit",
    { limit: 5, wait: "2s", key: "global" },
    { "x-concurrency-limit": { limit: 5, key: "global" } },
    ["At most 5 requests under way at once for all requests together. More wait for up to 2 seconds."],
  ],
  ["body-limit", { size: "1mb" }, { "x-body-limit": { bytes: 1_048_576 } }, ["The body may have at most 1 MB."]],
  [
    "jwt",
    { "public-key": pem, roles: ["admin", "staff"] },
    undefined,
    ["Needs a token with one of the roles admin, staff."],
  ],
] as const)("%s with %j says %j", async (name, options, extensions, notes) => {
  const policy = await described(name, options);
  expect<unknown>(policy.extensions).toEqual(extensions);
  expect<unknown>(policy.notes?.length === 0 ? undefined : policy.notes).toEqual(notes);
});

test("where requests have no body there is no limit of it", async () => {
  expect(await described("body-limit", { size: "1mb" }, false)).toEqual({});
});

test("replies that are no errors are told with their status and kind", async () => {
  expect((await described("redirect", { to: "/new", status: 301 })).replies).toMatchObject([{ status: 301 }]);
  expect((await described("respond", { status: 204 })).replies).toMatchObject([{ status: 204, content: {} }]);
  const page = { headers: { "Content-Type": "text/html" }, body: "<p>Soon" };
  expect((await described("respond", page)).replies).toMatchObject([{ status: 200, content: { "text/html": {} } }]);
  const fallback = { status: 203, json: [], on: "failure" };
  expect((await described("circuit-breaker", { fallback })).replies).toMatchObject([
    { status: 203, content: { "application/json": {} } },
  ]);
});
