import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import requestId from "../../plugins/request-id.ts";
import { GatewayError, Reply } from "../../src/plugin.ts";
import { testPlugin } from "../../src/testing.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("an id that the client sent", () => {
  test("is taken over: service, client and context have it", async () => {
    const t = await testPlugin(requestId);
    const { ctx, reply } = await t.request({ headers: { "X-Request-Id": "abc-123" } });
    expect(ctx.requestId).toBe("abc-123");
    expect(ctx.request.headers.get("x-request-id")).toBe("abc-123");
    expect(reply.headers.getAll("x-request-id")).toEqual(["abc-123"]);
  });

  test("is one of 1 to 128 safe characters; every other is replaced", async () => {
    const t = await testPlugin(requestId);
    const taken = ["a", "A".repeat(128), "0aZ._~+/=:@-"];
    for (const id of taken) expect((await t.request({ headers: { "x-request-id": id } })).ctx.requestId).toBe(id);
    const refused = ["", "A".repeat(129), "a b", "a,b", 'a"b', "a<b", "a;b", "é", "a%0d%0ab"];
    for (const id of refused) {
      const { ctx, reply } = await t.request({ headers: { "x-request-id": id } });
      expect(ctx.requestId).toMatch(UUID);
      expect(ctx.request.headers.getAll("x-request-id")).toEqual([ctx.requestId]);
      expect(reply.headers.getAll("x-request-id")).toEqual([ctx.requestId]);
    }
  });

  test("is not believed where there are two", async () => {
    const t = await testPlugin(requestId);
    const headers: [string, string][] = [
      ["x-request-id", "a"],
      ["x-request-id", "b"],
    ];
    const { ctx } = await t.request({ headers });
    expect(ctx.requestId).toMatch(UUID);
    expect(ctx.request.headers.getAll("x-request-id")).toEqual([ctx.requestId]);
  });

  test("accept: trusted believes trusted proxies alone, false nobody", async () => {
    const request = { headers: { "x-request-id": "abc" } };
    const fromProxy = { ...request, peer: { isTrustedProxy: true } };
    const trusted = await testPlugin(requestId, { accept: "trusted" });
    expect((await trusted.request(fromProxy)).ctx.requestId).toBe("abc");
    expect((await trusted.request(request)).ctx.requestId).toMatch(UUID);
    const nobody = await testPlugin(requestId, { accept: false });
    expect((await nobody.request(fromProxy)).ctx.requestId).toMatch(UUID);
  });
});

test("each request without an id gets its own", async () => {
  const t = await testPlugin(requestId);
  const ids = new Set<string>();
  for (let i = 0; i < 100; i++) ids.add((await t.request()).ctx.requestId);
  expect(ids.size).toBe(100);
});

test("the service's own id is replaced, and errors carry the id too", async () => {
  const t = await testPlugin(requestId);
  const request = { headers: { "x-request-id": "mine" } };
  const { reply } = await t.request(request, () => Reply.json(200, {}, { "x-request-id": "theirs" }));
  expect(reply.headers.getAll("x-request-id")).toEqual(["mine"]);
  const failed = await t.request(request, () => {
    throw new GatewayError("upstream_reset");
  });
  expect(failed.reply.headers.get("x-request-id")).toBe("mine");
  expect(await failed.reply.body.json(1_000)).toMatchObject({ requestId: "mine", code: "upstream_reset" });
});

test("another header may carry it, in any case", async () => {
  const t = await testPlugin(requestId, { header: "X-Correlation-ID" });
  const { ctx, reply } = await t.request({ headers: { "x-correlation-id": "abc", "x-request-id": "other" } });
  expect(ctx.requestId).toBe("abc");
  expect(reply.headers.get("x-correlation-id")).toBe("abc");
  expect(ctx.request.headers.get("x-request-id")).toBe("other");
});

test("what cannot be a header, or is the gateway's own, is refused", async () => {
  await expect(testPlugin(requestId, { header: "x id" })).rejects.toThrow("header: expected the name of a header");
  await expect(testPlugin(requestId, { header: "Connection" })).rejects.toThrow("connection is the gateway's own");
  await expect(testPlugin(requestId, { header: "host" })).rejects.toThrow("host is the gateway's own");
  await expect(testPlugin(requestId, { accept: "all" })).rejects.toThrow("accept: expected true, trusted or false");
});

test("whatever a client sends, the id is safe", async () => {
  const t = await testPlugin(requestId);
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[\x21-\x7e\xa0-\xff]{0,200}$/), async (sent) => {
      const { ctx } = await t.request({ headers: { "x-request-id": sent } });
      expect(ctx.requestId).toMatch(/^[A-Za-z0-9_.~+/=:@-]{1,128}$/);
    }),
    { numRuns: 200 },
  );
});
