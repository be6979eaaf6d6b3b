import { describe, expect, test } from "bun:test";
import { isAnsweredFromStore, startWorld, type World } from "./world.ts";

const CONTENT = "0123456789";

async function stored(headers: Record<string, string> = {}): Promise<World> {
  const world = await startWorld();
  world.answers({
    headers: { "cache-control": "max-age=60", etag: '"a"', "content-type": "a/b", ...headers },
    body: CONTENT,
  });
  await world.ask();
  return world;
}

describe("RFC 9110 §14.2 a range of what is stored", () => {
  test.each([
    ["bytes=0-1", "01", "bytes 0-1/10"],
    ["bytes=8-", "89", "bytes 8-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-30", CONTENT, "bytes 0-9/10"],
    ["bytes=5-100", "56789", "bytes 5-9/10"],
    ["BYTES=9-9", "9", "bytes 9-9/10"],
    ["bytes=20-30, 2-3", "23", "bytes 2-3/10"],
  ])("%s is %s", async (range, body, contentRange) => {
    await using world = await stored();
    const reply = await world.ask({ headers: { range } });
    expect([reply.status, reply.body.toString(), reply.header("content-range")]).toEqual([206, body, contentRange]);
    expect([reply.header("content-length"), reply.header("etag"), reply.header("age")]).toEqual([
      String(body.length),
      '"a"',
      "0",
    ]);
    expect(world.asked).toHaveLength(1);
  });

  test.each(["bytes=10-", "bytes=20-30", "bytes=-0"])("%s is not there: 416", async (range) => {
    await using world = await stored();
    const reply = await world.ask({ headers: { range } });
    expect([reply.status, reply.header("content-range"), reply.body.toString()]).toEqual([416, "bytes */10", ""]);
  });

  test.each([
    "lines=1-2",
    "bytes=x",
    "bytes=3-1",
    "bytes=",
    "bytes=1-3,2-5",
    `bytes=${Array.from({ length: 17 }, (_, i) => `${i}-${i}`).join()}`,
    "bytes=1-2;3-4",
  ])("%s is ignored", async (range) => {
    await using world = await stored();
    const reply = await world.ask({ headers: { range } });
    expect([reply.status, reply.body.toString(), world.asked.length]).toEqual([200, CONTENT, 1]);
  });

  test("§15.3.7.2 several parts, each with its type and its place", async () => {
    await using world = await stored();
    const reply = await world.ask({ headers: { range: "bytes=0-1,-2" } });
    const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(reply.header("content-type") ?? "")?.[1];
    expect(reply.status).toBe(206);
    expect(reply.header("content-range")).toBeUndefined();
    const part = (place: string, text: string) =>
      `\r\n--${boundary}\r\ncontent-type: a/b\r\ncontent-range: bytes ${place}/10\r\n\r\n${text}`;
    expect(reply.body.toString()).toBe(`${part("0-1", "01")}${part("8-9", "89")}\r\n--${boundary}--\r\n`);
  });

  test("§14.2 means nothing to HEAD", async () => {
    await using world = await stored();
    expect((await world.ask({ method: "HEAD", headers: { range: "bytes=0-1" } })).status).toBe(200);
  });

  test("§13.2.2 If-None-Match decides first", async () => {
    await using world = await stored();
    expect((await world.ask({ headers: { range: "bytes=0-1", "if-none-match": '"a"' } })).status).toBe(304);
    expect((await world.ask({ headers: { range: "bytes=0-1", "if-none-match": '"b"' } })).status).toBe(206);
  });
});

describe("RFC 9110 §13.1.5 If-Range", () => {
  const changed = "Mon, 01 Jan 2029 00:00:00 GMT";
  test.each([
    [206, '"a"', {}],
    [200, '"b"', {}],
    [200, 'W/"a"', { etag: 'W/"a"' }],
    [206, changed, { "last-modified": changed }],
    [200, "Tue, 02 Jan 2029 00:00:00 GMT", { "last-modified": changed }],
    [200, "soon", { "last-modified": changed }],
  ] as const)("%d for %s", async (status, ifRange, headers) => {
    await using world = await stored(headers);
    expect((await world.ask({ headers: { range: "bytes=0-1", "if-range": ifRange } })).status).toBe(status);
  });
});

test("§4.3.3 a range of a stale reply that a 304 confirms is answered from it", async () => {
  await using world = await stored();
  world.pass(61);
  world.answers({ status: 304, headers: { "cache-control": "max-age=60", etag: '"a"' } });
  const reply = await world.ask({ headers: { range: "bytes=0-1" } });
  expect([reply.status, reply.body.toString()]).toEqual([206, "01"]);
});

test("§3 a part that the service sends is passed on, and not taken for the whole", async () => {
  await using world = await startWorld();
  world.answers({
    status: 206,
    headers: { "cache-control": "max-age=60", "content-range": "bytes 0-1/10" },
    body: "01",
  });
  const reply = await world.ask({ headers: { range: "bytes=0-1" } });
  expect([reply.status, world.asked[0]?.header("range")]).toEqual([206, "bytes=0-1"]);
  expect(await isAnsweredFromStore(world)).toBe(false);
});

test("a whole reply to a request for a range is stored", async () => {
  await using world = await startWorld();
  world.answers({ headers: { "cache-control": "max-age=60" }, body: CONTENT });
  expect((await world.ask({ headers: { range: "bytes=0-1" } })).status).toBe(200);
  expect((await world.ask({ headers: { range: "bytes=0-1" } })).body.toString()).toBe("01");
  expect(world.asked).toHaveLength(1);
});
