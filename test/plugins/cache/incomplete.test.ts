import { describe, expect, test } from "bun:test";
import { until } from "../../support/until.ts";
import type { UpstreamConnection } from "../../support/upstream.ts";
import { CONTENT, ranged, serves, withPart } from "./ranges.ts";
import { startWorld } from "./world.ts";

describe("RFC 9111 §3.3 a part", () => {
  test.each([
    ["bytes=2-6", "23456", "bytes 2-6/10"],
    ["bytes=3-4", "34", "bytes 3-4/10"],
    ["bytes=6-6", "6", "bytes 6-6/10"],
  ])("answers %s within it", async (range, body, place) => {
    await using world = await withPart();
    world.pass(5);
    const reply = await ranged(world, range);
    expect([reply.status, reply.body.toString(), reply.header("content-range")]).toEqual([206, body, place]);
    expect([reply.header("content-length"), reply.header("age"), reply.header("etag")]).toEqual([
      String(body.length),
      "5",
      '"a"',
    ]);
    expect(reply.header("cache-status")).toBe("sluice; hit; ttl=55");
    expect(reply.all("content-range")).toHaveLength(1);
    expect(world.asked).toHaveLength(1);
  });

  test.each(["bytes=1-3", "bytes=6-7", "bytes=-2", "bytes=5-", "bytes=2-3,5-6", "bytes=20-30", "lines=2-3"])(
    "answers nothing for %s",
    async (range) => {
      await using world = await withPart();
      const reply = await ranged(world, range);
      expect([world.asked.length, world.asked[1]?.header("range")]).toEqual([2, range]);
      expect(reply.header("cache-status")).toStartWith("sluice; fwd=partial");
    },
  );

  test("is never the answer to who asks for all, nor to HEAD", async () => {
    await using world = await withPart();
    expect((await world.ask({ method: "HEAD" })).status).toBe(200);
    await world.ask({ method: "HEAD", headers: { range: "bytes=2-3" } });
    expect(world.asked).toHaveLength(3);
    const reply = await world.ask();
    expect([reply.status, reply.body.toString()]).toEqual([200, CONTENT]);
    expect(reply.header("cache-status")).toBe("sluice; fwd=partial; stored");
    expect([world.asked.length, world.asked[3]?.header("range")]).toEqual([4, undefined]);
    expect((await ranged(world, "bytes=0-9")).body.toString()).toBe(CONTENT);
    expect(world.asked).toHaveLength(4);
  });

  test("that comes again does not take the place of the whole", async () => {
    await using world = await withPart();
    await world.ask();
    world.answers(serves(CONTENT, { etag: '"b"' }));
    const part = await ranged(world, "bytes=2-3", { "cache-control": "no-cache" });
    expect(part.header("cache-status")).toBe("sluice; fwd=request; detail=status");
    const reply = await world.ask();
    expect([reply.status, reply.body.toString(), world.asked.length]).toEqual([200, CONTENT, 3]);
  });

  test("that comes after the whole, but was asked for before it, does not take its place either", async () => {
    await using world = await startWorld();
    const held: UpstreamConnection[] = [];
    world.answers((request, connection) => {
      if (request.header("range") === undefined) return serves()(request);
      held.push(connection);
      return undefined;
    });
    const part = ranged(world, "bytes=2-6");
    await until(() => held.length === 1);
    await world.ask();
    const fields = 'cache-control: max-age=60\r\netag: "b"\r\ncontent-range: bytes 2-6/10\r\ncontent-length: 5';
    void held[0]?.send(`HTTP/1.1 206 Partial Content\r\n${fields}\r\n\r\ncdefg`);
    expect((await part).body.toString()).toBe("cdefg");
    expect((await world.ask()).body.toString()).toBe(CONTENT);
    expect(world.asked).toHaveLength(2);
  });

  test.each([
    ["no tag", { etag: "" }],
    ["a weak tag", { etag: 'W/"a"' }],
    ["more bytes than it has", { "content-range": "bytes 2-7/10" }],
    ["a whole of unknown length", { "content-range": "bytes 2-6/*" }],
    ["a whole that ends before it", { "content-range": "bytes 2-6/6" }],
    ["no place", { "content-range": "" }],
    ["no-store", { "cache-control": "no-store" }],
    ["private", { "cache-control": "private, max-age=60" }],
    ["no freshness", { "cache-control": "no-cache" }],
    ["Set-Cookie", { "set-cookie": "a=b" }],
  ])("with %s is not stored", async (_, headers) => {
    await using world = await withPart(headers);
    await ranged(world, "bytes=3-4");
    expect(world.asked).toHaveLength(2);
  });

  test("longer than max-object is not stored, nor one to a request with no-store or Authorization", async () => {
    await using world = await withPart({}, "{ max-object: 4b }");
    expect((await ranged(world, "bytes=2-6")).header("cache-status")).toBe("sluice; fwd=uri-miss; detail=too-large");
    await ranged(world, "bytes=2-3", { "cache-control": "no-store" });
    await ranged(world, "bytes=2-3", { authorization: "Bearer x" });
    await ranged(world, "bytes=2-3");
    expect(world.asked).toHaveLength(5);
    await ranged(world, "bytes=2-3");
    expect(world.asked).toHaveLength(5);
  });

  test("that is stale, or is asked for anew, is asked for", async () => {
    await using world = await withPart();
    const anew = await ranged(world, "bytes=2-3", { "cache-control": "no-cache" });
    expect(anew.header("cache-status")).toBe("sluice; fwd=request; stored");
    world.pass(61);
    expect((await ranged(world, "bytes=2-3")).header("cache-status")).toBe("sluice; fwd=stale; stored");
    expect(world.asked).toHaveLength(3);
  });

  test("of one variant is not for another (§4.1)", async () => {
    await using world = await withPart({ vary: "accept-language" });
    await ranged(world, "bytes=3-4", { "accept-language": "de" });
    expect(world.asked).toHaveLength(2);
  });

  test("goes when its URL is purged, or changed (§4.4)", async () => {
    await using world = await withPart({}, '{ purge-from: ["127.0.0.1"] }');
    for (const method of ["PURGE", "POST"]) {
      await world.ask({ method });
      const before = world.asked.length;
      await ranged(world, "bytes=2-6");
      expect(world.asked).toHaveLength(before + 1);
    }
  });

  test("that breaks off is not stored", async () => {
    await using world = await startWorld();
    world.answers((_, connection) => {
      const head = 'cache-control: max-age=60\r\netag: "a"\r\ncontent-range: bytes 2-6/10\r\ncontent-length: 5';
      void connection.send(`HTTP/1.1 206 Partial Content\r\n${head}\r\n\r\n23`).then(() => connection.close());
      return undefined;
    });
    await ranged(world, "bytes=2-6").catch(() => undefined);
    world.answers(serves());
    expect((await ranged(world, "bytes=2-3")).body.toString()).toBe("23");
    expect(world.asked).toHaveLength(2);
  });
});

test.each([
  [206, { "if-range": '"a"' }],
  [304, { "if-none-match": '"a"' }],
  [206, { "if-none-match": '"b"' }],
])("RFC 9110 §13.2.2 %d from a part for %j", async (status, headers) => {
  await using world = await withPart();
  const reply = await ranged(world, "bytes=2-3", headers);
  expect([reply.status, world.asked.length]).toEqual([status, 1]);
  expect(reply.header("content-range")).toBe(status === 206 ? "bytes 2-3/10" : undefined);
});

test("RFC 9110 §13.1.5 If-Range of another content goes to the service", async () => {
  await using world = await withPart();
  await ranged(world, "bytes=2-3", { "if-range": '"b"' });
  expect([world.asked.length, world.asked[1]?.header("if-range")]).toEqual([2, '"b"']);
});
