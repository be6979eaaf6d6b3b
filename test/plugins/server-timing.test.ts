import { expect, spyOn, test } from "bun:test";
import serverTiming from "../../plugins/server-timing.ts";
import { type Context, GatewayError, Reply } from "../../src/plugin.ts";
import { type PluginTest, testPlugin } from "../../src/testing.ts";

/** The field on a reply that is so many ms after the request's start. */
async function timingAt(t: PluginTest, ctx: Context, ms: number): Promise<string | undefined> {
  const clock = spyOn(performance, "now").mockReturnValue(ctx.startedAt + ms);
  try {
    return (await t.phases.response?.(ctx, new Reply(200)))?.headers.get("server-timing");
  } finally {
    clock.mockRestore();
  }
}

test("the service's time is from the first attempt to its reply, the gateway's is the rest", async () => {
  const t = await testPlugin(serverTiming);
  const ctx = t.context();
  ctx.upstreamStartedAt = ctx.startedAt + 2.5;
  ctx.upstreamRepliedAt = ctx.startedAt + 22.54;
  expect(await timingAt(t, ctx, 24)).toBe("gateway;dur=4, upstream;dur=20");
});

test("without an attempt the service took 0; one that never replied took until now", async () => {
  const t = await testPlugin(serverTiming);
  const ctx = t.context();
  expect(await timingAt(t, ctx, 1.26)).toBe("gateway;dur=1.3, upstream;dur=0");
  ctx.upstreamStartedAt = ctx.startedAt + 1;
  expect(await timingAt(t, ctx, 3_001)).toBe("gateway;dur=1, upstream;dur=3000");
});

test("no figure is ever negative", async () => {
  const t = await testPlugin(serverTiming);
  const ctx = t.context();
  ctx.upstreamStartedAt = ctx.startedAt;
  ctx.upstreamRepliedAt = ctx.startedAt + 10;
  expect(await timingAt(t, ctx, 9)).toBe("gateway;dur=0, upstream;dur=10");
});

test("what the service has measured itself stays", async () => {
  const t = await testPlugin(serverTiming);
  const { reply } = await t.request({}, () => Reply.json(200, {}, { "server-timing": "db;dur=5" }));
  const lines = reply.headers.getAll("server-timing");
  expect(lines[0]).toBe("db;dur=5");
  expect(lines[1]).toMatch(/^gateway;dur=[\d.]+, upstream;dur=[\d.]+$/);
  expect(lines).toHaveLength(2);
});

test("errors have it too", async () => {
  const t = await testPlugin(serverTiming);
  const { reply } = await t.request({}, () => {
    throw new GatewayError("upstream_reset");
  });
  expect(reply.status).toBe(502);
  expect(reply.headers.has("server-timing")).toBe(true);
});

test("on: request waits for the client's header", async () => {
  const t = await testPlugin(serverTiming, { on: "request", header: "X-Debug" });
  expect((await t.request()).reply.headers.has("server-timing")).toBe(false);
  expect((await t.request({ headers: { "x-server-timing": "1" } })).reply.headers.has("server-timing")).toBe(false);
  expect((await t.request({ headers: { "x-debug": "1" } })).reply.headers.has("server-timing")).toBe(true);
});

test("anything else for `on` is refused", async () => {
  await expect(testPlugin(serverTiming, { on: "never" })).rejects.toThrow("on: expected always or request");
});
