import { describe, expect, test } from "bun:test";
import securityHeaders from "../../plugins/security-headers.ts";
import { GatewayError, Reply } from "../../src/plugin.ts";
import { type TestRequest, testPlugin } from "../../src/testing.ts";
import { startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";

const PRESET = [
  "content-security-policy: frame-ancestors 'self'",
  "x-frame-options: SAMEORIGIN",
  "x-content-type-options: nosniff",
  "referrer-policy: strict-origin-when-cross-origin",
  "permissions-policy: camera=(), geolocation=(), microphone=()",
  "cross-origin-opener-policy: same-origin-allow-popups",
  "cross-origin-resource-policy: same-site",
];

/** The client's header lines when the service has sent these. */
async function lines(
  options: Record<string, unknown>,
  sent: readonly (readonly [string, string])[] = [],
  request: TestRequest = {},
): Promise<string[]> {
  const t = await testPlugin(securityHeaders, options);
  const { reply } = await t.request(request, () => {
    const answer = new Reply(200);
    for (const [name, value] of sent) answer.headers.append(name, value);
    return answer;
  });
  return [...reply.headers].map(([name, value]) => `${name}: ${value}`);
}

describe("what is set", () => {
  test("over http all but what is for https", async () => {
    expect(await lines({})).toEqual(PRESET);
  });

  test("over https Strict-Transport-Security, too", async () => {
    const all = await lines({}, [], { scheme: "https" });
    expect(all).toEqual(["strict-transport-security: max-age=31536000", ...PRESET]);
  });

  test("other values, and none where it says false", async () => {
    const options = { "x-frame-options": false, "referrer-policy": "no-referrer", "strict-transport-security": false };
    const expected = PRESET.filter((line) => !line.startsWith("x-frame")).map((line) =>
      line.startsWith("referrer-policy") ? "referrer-policy: no-referrer" : line,
    );
    expect((await lines(options, [], { scheme: "https" })).sort()).toEqual(expected.sort());
    const embedder = await lines({ "cross-origin-embedder-policy": "require-corp" });
    expect(embedder.sort()).toEqual([...PRESET, "cross-origin-embedder-policy: require-corp"].sort());
  });

  test("what the service says stays, in all its lines", async () => {
    const sent = [
      ["x-frame-options", "DENY"],
      ["content-security-policy", "default-src 'self'"],
      ["content-security-policy", "img-src *"],
    ] as const;
    const result = await lines({}, sent);
    expect(result.slice(0, 3)).toEqual(sent.map(([name, value]) => `${name}: ${value}`));
    expect(result.filter((line) => /^(?:x-frame|content-security)/.test(line))).toHaveLength(3);
  });

  test("with override it is replaced, but not by a header that is switched off", async () => {
    const sent = [
      ["x-frame-options", "ALLOWALL"],
      ["x-frame-options", "DENY"],
      ["referrer-policy", "unsafe-url"],
    ] as const;
    const result = await lines({ override: true, "referrer-policy": false }, sent);
    expect(result.filter((line) => line.startsWith("x-frame"))).toEqual(["x-frame-options: SAMEORIGIN"]);
    expect(result).toContain("referrer-policy: unsafe-url");
  });

  test("over http the service's own Strict-Transport-Security is not touched", async () => {
    const sent = [["strict-transport-security", "max-age=1"]] as const;
    expect(await lines({ override: true }, sent)).toContain("strict-transport-security: max-age=1");
  });

  test("errors have them as well", async () => {
    const t = await testPlugin(securityHeaders, {});
    const { reply } = await t.request({}, () => {
      throw new GatewayError("upstream_reset");
    });
    expect([reply.status, reply.headers.get("x-content-type-options")]).toEqual([502, "nosniff"]);
  });
});

describe("what is removed", () => {
  const SENT = [
    ["server", "nginx/1.18"],
    ["x-powered-by", "PHP/5"],
    ["x-powered-by", "Express"],
    ["x-version", "7"],
  ] as const;

  async function kept(options: Record<string, unknown>): Promise<string[]> {
    const names = (await lines(options, SENT)).map((line) => line.split(":")[0] ?? "");
    return names.filter((name) => SENT.some(([sent]) => sent === name));
  }

  test("what tells of the service's software", async () => {
    expect(await kept({})).toEqual(["x-version"]);
  });

  test("what the options name, in any case, or nothing", async () => {
    expect(await kept({ remove: ["X-Version", "Server"] })).toEqual(["x-powered-by", "x-powered-by"]);
    expect(await kept({ remove: [] })).toEqual(SENT.map(([name]) => name));
  });
});

describe("what is refused at load", () => {
  test.each([
    [{ "x-frame-options": true }, "x-frame-options: expected text that is not empty or false, found true"],
    [{ "x-frame-options": "" }, "x-frame-options: expected text that is not empty"],
    [{ "referrer-policy": "a\r\nset-cookie: x=1" }, "invalid value for header referrer-policy"],
    [{ "x-frame-option": "DENY" }, 'unknown key "x-frame-option"'],
    [{ remove: ["connection"] }, "remove: connection belongs to one connection"],
    [{ remove: ["X-Frame-Options"] }, "remove: write x-frame-options: false"],
    [{ remove: ["x a"] }, 'remove: "x a" is no name of a header'],
  ])("%j", async (options, message) => {
    await expect(testPlugin(securityHeaders, options)).rejects.toThrow(message);
  });
});

test("on the wire, each header is there once", async () => {
  const headers = [
    ["Server", "nginx/1.18"],
    ["X-Frame-Options", "DENY"],
  ] as const;
  using upstream = startUpstream(replies(response("ok", { headers })));
  await using gateway = await startInProcess(`
listen: { host: 127.0.0.1, port: 0, trusted-proxies: [127.0.0.1] }
plugins: { security-headers: {} }
services: { all: { targets: ["${upstream.url}"] } }
routes: [{ path: /a, service: all }]
`);
  using client = await connect(gateway.port);
  const found = await client.exchange("GET /a HTTP/1.1\r\nHost: gw\r\nX-Forwarded-Proto: https\r\n\r\n");
  expect(found.header("server")).toBeUndefined();
  expect(found.all("x-frame-options")).toEqual(["DENY"]);
  expect(found.all("strict-transport-security")).toEqual(["max-age=31536000"]);
  const missing = await client.exchange("GET /b HTTP/1.1\r\nHost: gw\r\n\r\n");
  expect(missing.status).toBe(404);
  expect(missing.all("x-frame-options")).toEqual(["SAMEORIGIN"]);
  expect(missing.header("strict-transport-security")).toBeUndefined();
});
