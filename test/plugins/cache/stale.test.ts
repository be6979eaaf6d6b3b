import { describe, expect, test } from "bun:test";
import { until } from "../../support/until.ts";
import { isAnsweredFromStore, startWorld, type World } from "./world.ts";

async function stored(control: string, options = "{}"): Promise<World> {
  const world = await startWorld(options);
  world.answers({ headers: { "cache-control": control, etag: '"a"' }, body: "old" });
  await world.ask();
  return world;
}

const RESET = (_: unknown, connection: { close(): void }) => {
  connection.close();
  return undefined;
};

describe("RFC 5861 §3 stale-while-revalidate", () => {
  test("answers with what is stale, and asks anew beside", async () => {
    await using world = await stored("max-age=10, stale-while-revalidate=20");
    world.answers({ headers: { "cache-control": "max-age=10", etag: '"b"' }, body: "new" });
    world.pass(29);
    const reply = await world.ask({ headers: { "if-none-match": '"x"' } });
    expect([reply.body.toString(), reply.header("age")]).toEqual(["old", "29"]);
    expect(reply.header("cache-status")).toBe("sluice; hit; ttl=-19");
    await until(async () => (await world.ask()).body.toString() === "new");
    expect(world.asked).toHaveLength(2);
    expect(world.asked[1]?.header("if-none-match")).toBe('"a"');
  });

  test("asks once, however many are answered meanwhile", async () => {
    await using world = await stored("max-age=10, stale-while-revalidate=20");
    world.answers(() => undefined);
    world.pass(11);
    for (let i = 0; i < 5; i++) expect((await world.ask()).body.toString()).toBe("old");
    await world.upstream.waitForRequests(2);
    expect(world.asked).toHaveLength(2);
  });

  test("a service that fails is asked again with the next request", async () => {
    await using world = await stored("max-age=10, stale-while-revalidate=60");
    world.answers(RESET);
    world.pass(11);
    expect((await world.ask()).body.toString()).toBe("old");
    await world.gateway.waitForLog(({ message }) => message === "a stale reply could not be refreshed");
    world.answers({ headers: { "cache-control": "max-age=10" }, body: "new" });
    await until(async () => (await world.ask()).body.toString() === "new");
  });

  test.each([
    ["max-age=10, stale-while-revalidate=20", "{}", 30],
    ["max-age=10, stale-while-revalidate=20, must-revalidate", "{}", 11],
    ["max-age=10, stale-while-revalidate=20, proxy-revalidate", "{}", 11],
    ["max-age=10, stale-while-revalidate=20, no-cache", "{}", 11],
    ["max-age=10", "{}", 11],
    ["s-maxage=10", "{ stale-while-revalidate: 60s }", 11],
    ["max-age=10, stale-while-revalidate=0", "{ stale-while-revalidate: 60s }", 11],
    ["max-age=10", "{ stale-while-revalidate: 60s }", 70],
  ])("not with %s and %s after %d s", async (control, options, after) => {
    await using world = await stored(control, options);
    world.pass(after);
    world.answers({ body: "new" });
    expect((await world.ask()).body.toString()).toBe("new");
  });

  test.each([
    ["s-maxage=10, stale-while-revalidate=20", "{}"],
    ["max-age=10", "{ stale-while-revalidate: 20s }"],
  ])("with %s and %s", async (control, options) => {
    await using world = await stored(control, options);
    world.pass(29);
    world.answers({ body: "new" });
    expect((await world.ask()).body.toString()).toBe("old");
  });
});

describe("RFC 5861 §4 stale-if-error", () => {
  const down = (status: number) => ({ status, body: "down" });

  test.each([
    ["max-age=10, stale-if-error=20", "{}"],
    ["s-maxage=10, stale-if-error=20", "{}"],
    ["max-age=10", "{ stale-if-error: 20s }"],
  ])("answers with what is stale if the service fails: %s and %s", async (control, options) => {
    await using world = await stored(control, options);
    world.pass(29);
    for (const status of [500, 502, 503, 504]) {
      world.answers(down(status));
      const reply = await world.ask();
      expect([reply.status, reply.body.toString(), reply.header("age")]).toEqual([200, "old", "29"]);
      expect(reply.header("cache-status")).toBe(`sluice; fwd=stale; fwd-status=${status}; detail=stale-if-error`);
    }
    world.answers(RESET);
    expect((await world.ask()).body.toString()).toBe("old");
    world.upstream.stop();
    expect((await world.ask()).body.toString()).toBe("old");
  });

  test.each([
    ["max-age=10, stale-if-error=20", "{}", 30, 503],
    ["max-age=10, stale-if-error=20", "{}", 11, 501],
    ["max-age=10, stale-if-error=20", "{}", 11, 404],
    ["max-age=10, stale-if-error=20, must-revalidate", "{}", 11, 503],
    ["max-age=10, stale-if-error=20, no-cache", "{}", 11, 503],
    ["max-age=10, must-revalidate", "{ stale-if-error: 60s }", 11, 503],
    ["s-maxage=10", "{ stale-if-error: 60s }", 11, 503],
    ["max-age=10", "{}", 11, 503],
  ])("not with %s and %s after %d s, for %d", async (control, options, after, status) => {
    await using world = await stored(control, options);
    world.pass(after);
    world.answers(down(status));
    expect((await world.ask()).status).toBe(status);
    world.answers(RESET);
    if (status === 503) expect((await world.ask()).status).toBe(502);
  });

  test("not for a client that wants it anew", async () => {
    await using world = await stored("max-age=10, stale-if-error=20");
    world.pass(11);
    world.answers(down(503));
    expect((await world.ask({ headers: { "cache-control": "no-cache" } })).status).toBe(503);
  });

  test("what was stale before is fresh again with the service's next good answer", async () => {
    await using world = await stored("max-age=10, stale-if-error=20");
    world.pass(11);
    world.answers(down(503));
    await world.ask();
    world.answers({ headers: { "cache-control": "max-age=10" }, conditional: 304 });
    await world.ask();
    expect(await isAnsweredFromStore(world)).toBe(true);
  });
});
