import { describe, expect, test } from "bun:test";
import apiKey from "../../../plugins/api-key/index.ts";
import { testPlugin } from "../../../src/testing.ts";
import { issue, withKey } from "./keys.ts";

describe("a request with", () => {
  test.each([
    [
      "two lines",
      [
        ["x-api-key", "KEY"],
        ["x-api-key", "KEY"],
      ],
    ],
    [
      "two lines of which one is empty",
      [
        ["x-api-key", ""],
        ["x-api-key", "KEY"],
      ],
    ],
  ])("%s is malformed", async (_, headers) => {
    const t = await testPlugin(apiKey);
    const { key } = await issue(t);
    const { reply } = await t.request({
      headers: headers.map(([name = "", value = ""]) => [name, value.replace("KEY", key)]),
    });
    expect(reply.status).toBe(400);
  });

  test("a key in header and query, header and cookie, or twice in one of them is malformed", async () => {
    const t = await testPlugin(apiKey, { header: "x-api-key", query: "api_key", cookie: "key" });
    const { key } = await issue(t);
    const status = async (request: Parameters<typeof t.request>[0]) => (await t.request(request)).reply.status;
    expect(await status({ path: `/?api_key=${key}`, ...withKey(key) })).toBe(400);
    expect(await status({ path: `/?api_key=${key}&api%5fkey=${key}` })).toBe(400);
    expect(await status({ headers: { "x-api-key": key, cookie: `key=${key}` } })).toBe(400);
    expect(
      await status({
        headers: [
          ["cookie", `key=${key}`],
          ["cookie", `a=1; key=other`],
        ],
      }),
    ).toBe(400);
    expect(await status({ path: `/?api_key=${key}` })).toBe(200);
    expect(await status({ headers: { cookie: `key=${key}` } })).toBe(200);
  });

  test.each([
    ["another case", (key: string) => key.toUpperCase()],
    ["a blank inside", (key: string) => `${key.slice(0, 30)} ${key.slice(31)}`],
    ["something behind it", (key: string) => `${key}A`],
    ["another secret", (key: string) => key.slice(0, -1) + (key.endsWith("A") ? "B" : "A")],
    ["another id", (key: string) => `slk_0123456789abcdef${key.slice(20)}`],
    ["the id alone", (key: string) => key.slice(0, 21)],
    ["a megabyte", (key: string) => key + "A".repeat(1_048_576)],
    ["nothing", () => ""],
    ["__proto__", () => "__proto__"],
  ])("a key with %s is unknown", async (_, change) => {
    const t = await testPlugin(apiKey);
    const { key } = await issue(t);
    const { reply } = await t.request(withKey(change(key)));
    expect(await reply.body.json(1_000)).toMatchObject({ status: 401, detail: "There is no such API key" });
  });

  test("a key in query or cookie reaches no service, and what is beside it does", async () => {
    const t = await testPlugin(apiKey, { query: "api_key", cookie: "key" });
    const { key } = await issue(t);
    const inQuery = await t.request({ path: `/a?b=1%20&api%5Fkey=${key}&c` });
    expect(inQuery.reply.status).toBe(200);
    expect(inQuery.ctx.upstreamQuery).toBe("b=1%20&c");
    const alone = await t.request({ path: `/a?api_key=${key}` });
    expect(alone.ctx.upstreamQuery).toBeUndefined();
    const { reply, ctx } = await t.request({ headers: { cookie: `a=1; key=${key}; b=2` } });
    expect(reply.status).toBe(200);
    expect(ctx.request.headers.getAll("cookie")).toEqual(["a=1; b=2"]);
  });

  test("a scheme before the key: others are no key, and stay", async () => {
    const t = await testPlugin(apiKey, { header: "authorization", scheme: "Bearer", optional: true });
    const { key } = await issue(t);
    const own = await t.request({ headers: { authorization: `bearer ${key}` } });
    expect(own.ctx.principal?.id).toBe("shop");
    expect(own.ctx.request.headers.has("authorization")).toBe(false);
    const other = await t.request({ headers: { authorization: "Basic eDp5" } });
    expect(other.ctx.principal).toBeUndefined();
    expect(other.ctx.request.headers.get("authorization")).toBe("Basic eDp5");
    const two = {
      headers: [
        ["authorization", "Basic eDp5"],
        ["authorization", `Bearer ${key}`],
      ] as const,
    };
    expect((await t.request(two)).reply.status).toBe(400);
  });

  test("a key is passed on where that is wanted", async () => {
    const t = await testPlugin(apiKey, { "forward-credentials": true });
    const { key } = await issue(t);
    expect((await t.request(withKey(key))).ctx.request.headers.get("x-api-key")).toBe(key);
  });
});
