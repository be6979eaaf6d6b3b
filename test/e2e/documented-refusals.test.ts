import { afterAll, describe, expect, test } from "bun:test";
import { createKey } from "../../src/identity/api-key/key-text.ts";
import { RSA, rsaToken } from "../plugins/jwt/tokens.ts";
import { testDocument } from "../support/document.ts";
import { startInProcess } from "../support/in-process.ts";
import { closes, hangs, replies } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { startUpstream } from "../support/upstream.ts";

const working = startUpstream(replies());
const closing = startUpstream(closes());
const hanging = startUpstream(hangs());
const senseless = startUpstream(replies("nonsense\r\n\r\n"));
const gone = startUpstream(replies());
gone.stop();
const folder = tempFolder();
/** Decides about requests by their path, and knows no token. */
const deciding = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: ({ url }) =>
    url.endsWith("/elsewhere")
      ? new Response("", { status: 302, headers: { location: "/login" } })
      : Response.json({ active: false }, { status: url.endsWith("/token") ? 200 : 403 }),
});
afterAll(async () => {
  for (const upstream of [working, closing, hanging, senseless]) upstream.stop();
  await deciding.stop(true);
  folder.remove();
});

const pem = folder.write("jwt.pem", RSA.pem);
const key = createKey();
const keys = folder.write("keys.yaml", `keys: [{ id: "${key.id}", hash: "sha256:${key.hash}" }]`);
const hash = await Bun.password.hash("right", { algorithm: "bcrypt", cost: 4 });
const bearer = { headers: { authorization: `Bearer ${rsaToken({ scope: "read" })}` } };
const long = { method: "POST", body: "x".repeat(2_000) };
const asks = (path: string) => `http://127.0.0.1:${deciding.port}${path}`;
const jwt = `jwt: { public-key: "${pem}" }`;
const introspection = (rest = "") =>
  `oauth2-introspection: { endpoint: "${asks("/token")}", client-id: a, client-secret: b${rest} }`;

interface Case {
  /** What is in the route's `plugins`. */
  readonly plugins?: string;
  readonly expected: string;
  readonly request?: RequestInit & { readonly query?: string };
  /** Sent before, as often. */
  readonly before?: number;
  readonly service?: string;
  readonly more?: string;
}

const CASES: readonly Case[] = [
  { plugins: jwt, expected: "401 unauthenticated" },
  { plugins: jwt, request: { headers: { authorization: "Bearer no.good.token" } }, expected: "401 unauthenticated" },
  {
    plugins: `jwt: { public-key: "${pem}", optional: true }`,
    request: { headers: { authorization: "Bearer no" } },
    expected: "401 unauthenticated",
  },
  { plugins: `jwt: { public-key: "${pem}", scopes: [write] }`, request: bearer, expected: "403 forbidden" },
  { plugins: `jwt: { public-key: "${pem}", roles: [admin] }`, request: bearer, expected: "403 forbidden" },
  {
    plugins: `jwt: { public-key: "${pem}", header: authorization, query: token }`,
    request: { ...bearer, query: "?token=other" },
    expected: "400 bad_request",
  },
  {
    plugins: 'jwt: { jwks: "http://127.0.0.1:1/keys" }',
    request: bearer,
    expected: "503 identity_unavailable",
  },
  { plugins: `api-key: { keys: "${keys}" }`, expected: "401 unauthenticated" },
  {
    plugins: `api-key: { keys: "${keys}", scopes: [write] }`,
    request: { headers: { "x-api-key": key.text } },
    expected: "403 forbidden",
  },
  { plugins: `basic-auth: { users: { ada: "${hash}" } }`, expected: "401 unauthenticated" },
  { plugins: introspection(), request: bearer, expected: "401 unauthenticated" },
  { plugins: introspection(), expected: "401 unauthenticated" },
  {
    plugins: 'oauth2-introspection: { endpoint: "http://127.0.0.1:1/", client-id: a, client-secret: b }',
    request: bearer,
    expected: "503 identity_unavailable",
  },
  { plugins: `forward-auth: { url: "${asks("/never")}" }`, expected: "403" },
  { plugins: `forward-auth: { url: "${asks("/elsewhere")}" }`, expected: "302" },
  { plugins: 'forward-auth: { url: "http://127.0.0.1:1/" }', expected: "503 identity_unavailable" },
  { plugins: "acl: {}", expected: "401 unauthenticated" },
  { plugins: `${jwt}, acl: { allow: { scopes: { all: [write] } } }`, request: bearer, expected: "403 forbidden" },
  { plugins: "ip-restriction: { deny: [127.0.0.1] }", expected: "403 forbidden" },
  {
    plugins: 'cors: { origins: ["https://shop.example.com"], block: true }',
    request: { headers: { origin: "https://other.example.com" } },
    expected: "403 forbidden",
  },
  { plugins: "redirect: { scheme: https }", expected: "308" },
  { plugins: "body-limit: { size: 1kb }", request: long, expected: "413 payload_too_large" },
  {
    more: "listen: { host: 127.0.0.1, port: 0, limits: { body-bytes: 1kb } }",
    request: long,
    expected: "413 payload_too_large",
  },
  ...["draft", "legacy", "both", "none"].map((form) => ({
    plugins: `rate-limit: { limit: 1/h, headers: ${form} }`,
    before: 1,
    expected: "429 rate_limited",
  })),
  {
    plugins: "rate-limit: { limits: [1/h, { limit: 5/d, key: route }] }",
    before: 1,
    expected: "429 rate_limited",
  },
  { plugins: `rate-limit: { authentication-failures: 1/h }, ${jwt}`, before: 1, expected: "429 rate_limited" },
  { plugins: "quota: { day: 1, key: ip }", before: 1, expected: "429 rate_limited" },
  { plugins: "quota: { day: 1, key: ip, headers: false }", before: 1, expected: "429 rate_limited" },
  {
    plugins: "circuit-breaker: { consecutive-failures: 1 }",
    service: closing.url,
    before: 1,
    expected: "503 circuit_open",
  },
  {
    plugins: "circuit-breaker: { consecutive-failures: 1, fallback: { json: { users: [] } } }",
    service: closing.url,
    before: 1,
    expected: "200",
  },
  { plugins: "respond: { status: 418, body: teapot }", expected: "418" },
  { service: gone.url, expected: "502 upstream_connect" },
  { service: closing.url, request: { method: "POST", body: "x" }, expected: "502 upstream_reset" },
  { service: senseless.url, expected: "502 upstream_invalid" },
  { service: hanging.url, expected: "504 upstream_timeout" },
];

const FORMATS = ["problem", "envelope"] as const;

describe.each(FORMATS)("with errors as %s", (format) => {
  test.each(CASES)("$plugins answers $expected as the document says", async (one) => {
    const { plugins = "", service = working.url, request = {}, before = 0, more = "", expected } = one;
    const yaml = `
errors: { format: ${format} }
services: { users: { targets: ["${service}"], timeouts: { response: ${expected.startsWith("504") ? "200ms" : "15s"} } } }
routes: [{ path: /users, service: users, plugins: { ${plugins} } }]
${more}`;
    const { differences, operation, problems } = await testDocument(yaml);
    await using gateway = await startInProcess(yaml);
    const { query = "", ...rest } = request;
    const send = () => fetch(`http://127.0.0.1:${gateway.port}/users${query}`, { ...rest, redirect: "manual" });
    for (let i = 0; i < before; i++) await (await send()).arrayBuffer();
    const reply = await send();
    const copy = reply.clone() as Response;
    const text = await reply.text();
    const { code = "" } = expected.includes(" ") ? (JSON.parse(text) as { code?: string }) : {};
    expect(`${reply.status} ${code}`.trim()).toBe(expected);
    const method = rest.method ?? "GET";
    expect(await differences("/users", method, copy)).toEqual([]);
    // Not by a word for all that there may be.
    expect(Object.keys(operation("/users", method).responses)).toContain(statusKey(expected, plugins));
    expect(await problems()).toBeUndefined();
  });
});

function statusKey(expected: string, plugins: string): string {
  const status = expected.slice(0, 3);
  return plugins.startsWith("forward-auth") && !expected.startsWith("503") ? `${status.charAt(0)}XX` : status;
}

test("a request too many at once is refused as the document says", async () => {
  for (const status of [503, 429]) {
    const yaml = `
services: { users: { targets: ["${hanging.url}"] } }
routes: [{ path: /users, service: users, plugins: { concurrency-limit: { limit: 1, status: ${status} } } }]`;
    const { differences } = await testDocument(yaml);
    await using gateway = await startInProcess(yaml);
    const url = `http://127.0.0.1:${gateway.port}/users`;
    const abort = new AbortController();
    const seen = hanging.requests.length;
    const first = fetch(url, { signal: abort.signal }).catch(() => {});
    await hanging.waitForRequests(seen + 1);
    const second = await fetch(url);
    expect(second.status).toBe(status);
    expect(await differences("/users", "GET", second)).toEqual([]);
    abort.abort();
    await first;
  }
});

test("a difference would be noticed", async () => {
  const { differences } = await testDocument(`
services: { users: { targets: ["${working.url}"] } }
routes: [{ path: /users, service: users, plugins: { ${jwt} } }]`);
  const type = { "content-type": "application/problem+json" };
  const body = { type: "urn:x", title: "", status: 401, code: "unauthenticated", requestId: "" };
  const of = (value: unknown, headers: Record<string, string> = { "www-authenticate": "Bearer" }) =>
    differences("/users", "GET", Response.json(value, { status: 401, headers: { ...type, ...headers } }));
  expect(await of(body)).toEqual([]);
  expect(await of({ ...body, code: "forbidden" })).toHaveLength(1);
  expect(await of({ ...body, requestId: undefined })).toHaveLength(1);
  expect(await of(body, {})).toHaveLength(1);
  expect(await of(body, { "www-authenticate": "Bearer", "retry-after": "1" })).toHaveLength(1);
  expect(await of(body, { "www-authenticate": "Bearer", "content-type": "text/plain" })).toHaveLength(1);
});
