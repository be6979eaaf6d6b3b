import { afterEach, expect, spyOn, test } from "bun:test";
import serverTiming from "../../plugins/server-timing.ts";
import { GatewayError, Reply } from "../../src/plugin.ts";
import { testPlugin } from "../../src/testing.ts";

const clock = spyOn(performance, "now");

afterEach(() => {
  clock.mockReset();
});

test("the service's time is from the first attempt to its reply, the gateway's is the rest", async () => {
  const t = await testPlugin(serverTiming);
  const ctx = t.context();
  const reply = new Reply(200);
  ctx.upstreamStartedAt = ctx.startedAt + 2.5;
  ctx.upstreamRepliedAt = ctx.startedAt + 22.54;
  clock.mockReturnValue(ctx.startedAt + 24);
  await t.phases.response?.(ctx, reply);
  expect(reply.headers.get("server-timing")).toBe("gateway;dur=4, upstream;dur=20");
});

test("without an attempt the service took 0; one that never replied took until now", async () => {
  const t = await testPlugin(serverTiming);
  const ctx = t.context();
  clock.mockReturnValue(ctx.startedAt + 1.26);
  const refused = new Reply(403);
  await t.phases.response?.(ctx, refused);
  expect(refused.headers.get("server-timing")).toBe("gateway;dur=1.3, upstream;dur=0");
  ctx.upstreamStartedAt = ctx.startedAt + 1;
  clock.mockReturnValue(ctx.startedAt + 3_001);
  const timedOut = new Reply(504);
  await t.phases.response?.(ctx, timedOut);
  expect(timedOut.headers.get("server-timing")).toBe("gateway;dur=1, upstream;dur=3000");
});

test("no figure is ever negative", async () => {
  const t = await testPlugin(serverTiming);
  const ctx = t.context();
  ctx.upstreamStartedAt = ctx.startedAt;
  ctx.upstreamRepliedAt = ctx.startedAt + 10;
  clock.mockReturnValue(ctx.startedAt + 9);
  const reply = new Reply(200);
  await t.phases.response?.(ctx, reply);
  expect(reply.headers.get("server-timing")).toBe("gateway;dur=0, upstream;dur=10");
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
