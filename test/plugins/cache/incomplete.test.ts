import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import cache from "../../../plugins/cache/index.ts";
import { Reply } from "../../../src/message/reply.ts";
import { testPlugin } from "../../../src/testing.ts";
import type { RawRequest } from "../../support/messages.ts";
import { until } from "../../support/until.ts";
import type { UpstreamConnection } from "../../support/upstream.ts";
import { type Origin, startWorld, type World } from "./world.ts";

const CONTENT = "0123456789";

/** A service that has ranges of a content, as `bytes=A-B`. */
function serves(content = CONTENT, headers: Record<string, string> = {}) {
  const fields = { "cache-control": "max-age=60", etag: '"a"', ...headers };
  return (request: RawRequest): Origin => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.header("range") ?? "") ?? [];
    if (first === undefined) return { headers: fields, body: content };
    const place = `bytes ${first}-${last}/${content.length}`;
    const body = content.slice(Number(first), Number(last) + 1);
    return { status: 206, headers: { "content-range": place, ...fields }, body };
  };
}

const ranged = (world: World, range: string, headers: Record<string, string> = {}) =>
  world.ask({ headers: { range, ...headers } });

/** A world that has bytes 2 to 6 of ten. */
async function withPart(headers: Record<string, string> = {}, options = "{}"): Promise<World> {
  const world = await startWorld(options);
  world.answers(serves(CONTENT, headers));
  await ranged(world, "bytes=2-6");
  return world;
}

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

describe("RFC 9111 §3.4 parts with the same strong tag", () => {
  test.each(["bytes=7-8", "bytes=0-1", "bytes=4-8", "bytes=0-3", "bytes=3-4", "bytes=1-8"])(
    "are one: 2-6 and %s",
    async (range) => {
      await using world = await withPart();
      await ranged(world, range, { "cache-control": "no-cache" });
      const [, first, last] = /(\d)-(\d)/.exec(range) ?? [];
      const [start, end] = [Math.min(2, Number(first)), Math.max(6, Number(last))];
      const reply = await ranged(world, `bytes=${start}-${end}`);
      expect([reply.status, reply.body.toString()]).toEqual([206, CONTENT.slice(start, end + 1)]);
      expect(world.asked).toHaveLength(2);
    },
  );

  test("are the whole reply when no byte is missing, with the newer fields", async () => {
    await using world = await withPart({ a: "1", b: "1" });
    world.answers(serves(CONTENT, { a: "2" }));
    await ranged(world, "bytes=0-1");
    await ranged(world, "bytes=7-9");
    const reply = await world.ask();
    expect([reply.status, reply.body.toString(), reply.header("content-range")]).toEqual([200, CONTENT, undefined]);
    expect([reply.header("a"), reply.header("b"), world.asked.length]).toEqual(["2", "1", 3]);
    expect((await ranged(world, "bytes=-2")).body.toString()).toBe("89");
    expect(world.asked).toHaveLength(3);
  });

  test("a part that is all of it is the whole reply", async () => {
    await using world = await startWorld();
    world.answers(serves());
    await ranged(world, "bytes=0-9");
    expect((await world.ask()).body.toString()).toBe(CONTENT);
    expect(world.asked).toHaveLength(1);
  });

  test("but a gap between them: the later is kept", async () => {
    await using world = await withPart();
    await ranged(world, "bytes=8-9");
    await ranged(world, "bytes=8-8");
    expect(world.asked).toHaveLength(2);
    await ranged(world, "bytes=2-6");
    expect(world.asked).toHaveLength(3);
  });

  test.each([
    ["another tag", { etag: '"b"' }, "abcdefghij"],
    ["another length", {}, "abcdefghijk"],
  ])("but %s: they are never mixed", async (_, headers, content) => {
    await using world = await withPart();
    world.answers(serves(content, headers));
    await ranged(world, "bytes=7-8");
    expect((await ranged(world, "bytes=7-8")).body.toString()).toBe("hi");
    expect(world.asked).toHaveLength(2);
    expect((await ranged(world, "bytes=6-7")).body.toString()).toBe("gh");
    expect(world.asked).toHaveLength(3);
  });

  test("are not joined to more than max-object", async () => {
    await using world = await withPart({}, "{ max-object: 6b }");
    await ranged(world, "bytes=7-8");
    expect((await ranged(world, "bytes=7-8")).body.toString()).toBe("78");
    await ranged(world, "bytes=2-6");
    expect(world.asked).toHaveLength(3);
  });
});

test("parts of one URL take the memory of one, however many are asked for", async () => {
  const t = await testPlugin(cache);
  const body = "x".repeat(1_000);
  for (let i = 0; i < 200; i++) {
    const start = ((i * 7) % 200) * 2_000;
    await t.request({ headers: { range: `bytes=${start}-${start + 999}` } }, () => {
      const answer = Reply.text(206, body);
      answer.headers.set("content-range", `bytes ${start}-${start + 999}/1000000`);
      answer.headers.set("etag", '"a"');
      answer.headers.set("cache-control", "max-age=60");
      return answer;
    });
  }
  expect(t.metrics.value("memory_urls")).toBe(1);
  expect(t.metrics.value("memory_bytes")).toBeWithin(2_000, 6_000);
});

test("whatever ranges are asked while the content changes, each answer is of one content, at its place", async () => {
  const step = fc.record({
    first: fc.nat(9),
    size: fc.integer({ min: 1, max: 10 }),
    isAll: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    isChanged: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    seconds: fc.constantFrom(0, 0, 0, 20),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const t = await testPlugin(cache);
      let version = 0;
      const contentOf = (n: number) =>
        Array.from({ length: 10 }, (_, i) => String.fromCharCode(65 + ((n * 10 + i) % 50)));
      for (const { first, size, isAll, isChanged, seconds } of steps) {
        if (isChanged) version++;
        t.clock.advance(seconds * 1_000);
        const last = Math.min(9, first + size - 1);
        const headers: Record<string, string> = isAll ? {} : { range: `bytes=${first}-${last}` };
        const content = contentOf(version).join("");
        const place = `bytes ${first}-${last}/10`;
        const { reply } = await t.request({ headers }, () => {
          const answer = Reply.text(isAll ? 200 : 206, isAll ? content : content.slice(first, last + 1));
          if (!isAll) answer.headers.set("content-range", place);
          answer.headers.set("etag", `"${version}"`);
          answer.headers.set("cache-control", "max-age=60");
          return answer;
        });
        const made = contentOf(Number(reply.headers.get("etag")?.replaceAll('"', ""))).join("");
        const got = [reply.status, reply.headers.get("content-range"), await reply.body.text(100)];
        expect(got).toEqual(isAll ? [200, undefined, made] : [206, place, made.slice(first, last + 1)]);
      }
      await t.close();
    }),
    { numRuns: 500 },
  );
}, 60_000);
