import { describe, expect, test } from "bun:test";
import cache from "../../../../plugins/cache/index.ts";
import { Reply } from "../../../../src/message/reply.ts";
import { type PluginTest, testPlugin } from "../../../../src/testing.ts";
import { response } from "../../../support/scripts.ts";
import { until } from "../../../support/until.ts";
import type { UpstreamConnection } from "../../../support/upstream.ts";
import { isAnsweredFromStore, startWorld } from "../world.ts";

const HOST = "http://gateway.test";
const tagged = (tag: string) => () => Reply.json(200, {}, { "cache-control": "max-age=60", ...TAGS[tag] });
const TAGS: Readonly<Record<string, Record<string, string>>> = {
  a: { "cache-tag": "a, items" },
  b: { "surrogate-key": "b items" },
  none: {},
};

async function stored(): Promise<PluginTest> {
  const t = await testPlugin(cache);
  await t.request({ path: "/items/1" }, tagged("a"));
  await t.request({ path: "/items/2?x=1" }, tagged("b"));
  await t.request({ path: "/users/1" }, tagged("none"));
  return t;
}

async function purge(t: PluginTest, query: Record<string, string>) {
  const url = `http://admin/cache?${new URLSearchParams(query)}`;
  const response = await t.admin.handle(new Request(url, { method: "DELETE" }));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The paths that are still answered from the store. */
async function left(t: PluginTest): Promise<string[]> {
  const found: string[] = [];
  for (const path of ["/items/1", "/items/2?x=1", "/users/1"]) {
    const { outcome } = await t.request({ path }, () => Reply.text(503, "gone"));
    if (outcome.attempts === 0) found.push(path);
  }
  return found;
}

describe("DELETE /api/cache", () => {
  test.each([
    [{ url: `${HOST}/items/1` }, 1, ["/items/2?x=1", "/users/1"]],
    [{ url: "HTTP://GATEWAY.TEST/%69tems/./1" }, 1, ["/items/2?x=1", "/users/1"]],
    [{ url: `${HOST}/items/2` }, 0, ["/items/1", "/items/2?x=1", "/users/1"]],
    [{ url: "https://gateway.test/items/1" }, 0, ["/items/1", "/items/2?x=1", "/users/1"]],
    [{ key: `${HOST}/items/2?x=1` }, 1, ["/items/1", "/users/1"]],
    [{ key: `${HOST}/%69tems/1` }, 0, ["/items/1", "/items/2?x=1", "/users/1"]],
    [{ prefix: `${HOST}/items/` }, 2, ["/users/1"]],
    [{ tag: "items" }, 2, ["/users/1"]],
    [{ tag: "a" }, 1, ["/items/2?x=1", "/users/1"]],
    [{ tag: "item" }, 0, ["/items/1", "/items/2?x=1", "/users/1"]],
    [{ all: "true" }, 3, []],
  ])("%j", async (query, purged, rest) => {
    const t = await stored();
    expect(await purge(t, query)).toEqual({ status: 200, body: { purged } });
    expect(await left(t)).toEqual(rest);
  });

  test.each([
    {},
    { url: "/items/1" },
    { url: "" },
    { url: "http://a/%zz" },
    { key: "" },
    { url: `${HOST}/items/1`, key: `${HOST}/items/1` },
    { tag: "" },
    { all: "yes" },
    { all: "true", tag: "a" },
    { tag: "a", soft: "maybe" },
    { tga: "a" },
    { tag: "a", sofd: "true" },
  ])("%j is not understood", async (query) => {
    const t = await stored();
    expect(await purge(t, query)).toMatchObject({ status: 400, body: { code: "bad_request" } });
    expect(await left(t)).toHaveLength(3);
  });

  test("by the key that the configuration makes of a URL", async () => {
    const t = await testPlugin(cache, { key: { query: ["q", "page"] } });
    await t.request({ path: "/search?q=a&page=1&utm=x" }, tagged("none"));
    expect((await purge(t, { key: `${HOST}/search?q=a&page=1` })).body).toEqual({ purged: 0 });
    expect((await purge(t, { key: `${HOST}/search?page=1&q=a` })).body).toEqual({ purged: 1 });
    expect((await t.request({ path: "/search?q=a&page=1" }, tagged("none"))).outcome.attempts).toBe(1);
  });

  test("soft leaves it for a service that fails, and for stale-while-revalidate", async () => {
    const t = await testPlugin(cache, { "stale-if-error": "60s" });
    await t.request({}, tagged("a"));
    expect((await purge(t, { tag: "a", soft: "true" })).body).toEqual({ purged: 1 });
    const { reply, outcome } = await t.request({}, () => Reply.text(503, "down"));
    expect([reply.status, outcome.attempts]).toEqual([200, 1]);
    t.clock.advance(60_000);
    expect((await t.request({}, () => Reply.text(503, "down"))).reply.status).toBe(503);
  });
});

test("what was asked for before a purge is not stored after it, and not given to who asks after it", async () => {
  await using world = await startWorld('{ purge-from: ["127.0.0.1"] }');
  const held: UpstreamConnection[] = [];
  world.answers((_, connection) => {
    held.push(connection);
    return undefined;
  });
  const before = world.ask();
  await until(() => held.length === 1);
  expect((await world.ask({ method: "PURGE" })).status).toBe(200);
  const after = world.ask();
  await until(() => held.length === 2);
  const headers = [["cache-control", "max-age=60"]] as const;
  void held[1]?.send(response("new", { headers }));
  expect((await after).body.toString()).toBe("new");
  void held[0]?.send(response("old", { headers }));
  expect((await before).body.toString()).toBe("old");
  expect((await world.ask()).body.toString()).toBe("new");
  expect(world.asked).toHaveLength(2);
});

describe("PURGE", () => {
  const hour = { headers: { "cache-control": "max-age=60" } };

  test("from an allowed address removes what is stored for its URL", async () => {
    await using world = await startWorld('{ purge-from: ["127.0.0.0/8"] }');
    world.answers(hour);
    await world.ask({ path: "/a" });
    const reply = await world.ask({ method: "PURGE", path: "/a" });
    expect([reply.status, JSON.parse(reply.body.toString())]).toEqual([200, { purged: 1 }]);
    expect(JSON.parse((await world.ask({ method: "PURGE", path: "/a" })).body.toString())).toEqual({ purged: 0 });
    expect(await isAnsweredFromStore(world, { path: "/a" })).toBe(false);
    expect(world.asked.some(({ method }) => method === "PURGE")).toBe(false);
  });

  test("from any other address is forbidden", async () => {
    await using world = await startWorld('{ purge-from: ["10.0.0.0/8"] }');
    world.answers(hour);
    await world.ask();
    expect((await world.ask({ method: "PURGE" })).status).toBe(403);
    expect(await isAnsweredFromStore(world)).toBe(true);
  });

  test("goes to the service without the option", async () => {
    await using world = await startWorld();
    world.answers({ status: 405 });
    expect((await world.ask({ method: "PURGE" })).status).toBe(405);
    expect(world.asked).toHaveLength(1);
  });
});
