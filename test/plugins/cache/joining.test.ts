import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import cache from "../../../plugins/cache/index.ts";
import { Reply } from "../../../src/message/reply.ts";
import { testPlugin } from "../../../src/testing.ts";
import { CONTENT, ranged, serves, withPart } from "./ranges.ts";
import { startWorld } from "./world.ts";

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
}, 120_000);
