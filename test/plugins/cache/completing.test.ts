import { describe, expect, test } from "bun:test";
import type { RawRequest } from "../../support/messages.ts";
import { connect } from "../../support/raw.ts";
import { until } from "../../support/until.ts";
import type { UpstreamConnection } from "../../support/upstream.ts";
import { CONTENT, ranged, serves } from "./ranges.ts";
import { type Origin, requestText, startWorld, type World } from "./world.ts";

/** A world that has these bytes of ten; what it is asked then gets the answers of `then`. */
async function withBytes(range: string, then: (request: RawRequest) => Origin = serves()): Promise<World> {
  const world = await startWorld("{ max-object: 20b }");
  world.answers(serves());
  await ranged(world, `bytes=${range}`);
  world.answers(then);
  return world;
}

/** A request for that range. */
const rangeOf = (range: string) => ({ header: () => range });

const seen = ({ asked }: World, index = 1) => [asked[index]?.header("range"), asked[index]?.header("if-range")];

describe("RFC 9111 §3.3 a part of at least half is completed by a request for the rest", () => {
  test.each([
    ["0-4", "bytes=5-9"],
    ["0-8", "bytes=9-9"],
    ["5-9", "bytes=0-4"],
    ["3-9", "bytes=0-2"],
  ])("%s", async (there, rest) => {
    await using world = await withBytes(there);
    world.pass(5);
    const reply = await world.ask();
    expect([reply.status, reply.body.toString(), reply.header("content-range")]).toEqual([200, CONTENT, undefined]);
    expect(reply.header("cache-status")).toBe("sluice; fwd=partial; fwd-status=206; stored");
    expect(seen(world)).toEqual([rest, '"a"']);
    const again = await world.ask();
    expect([again.status, again.body.toString(), again.header("cache-status")]).toEqual([
      200,
      CONTENT,
      "sluice; hit; ttl=60",
    ]);
    expect((await ranged(world, "bytes=2-7")).body.toString()).toBe("234567");
    expect(world.asked).toHaveLength(2);
  });

  test.each(["2-6", "0-3", "7-9"])("but %s is too little, or lacks two pieces: all is asked for", async (there) => {
    await using world = await withBytes(there);
    expect((await world.ask()).body.toString()).toBe(CONTENT);
    expect(seen(world)).toEqual([undefined, undefined]);
  });

  test("the fields of the later reply take the place of those of the part", async () => {
    await using world = await withBytes("0-5", serves(CONTENT, { one: "new", "cache-control": "max-age=90" }));
    const reply = await world.ask();
    expect([reply.header("one"), reply.header("cache-control")]).toEqual(["new", "max-age=90"]);
  });
});

describe("RFC 9110 §13.1.5 if it is another content by now", () => {
  test("the service answers with all of it, which is stored", async () => {
    const other = "abcdefghij";
    await using world = await withBytes("0-5", () => ({
      headers: { "cache-control": "max-age=60", etag: '"b"' },
      body: other,
    }));
    expect((await world.ask()).body.toString()).toBe(other);
    expect((await world.ask()).body.toString()).toBe(other);
    expect(world.asked).toHaveLength(2);
  });

  test.each<[string, (request: RawRequest) => Origin]>([
    ["a range of another content", serves("abcdefghij", { etag: '"b"' })],
    ["a range with a weak tag", serves("abcdefghij", { etag: 'W/"a"' })],
    ["a range without a tag", serves("abcdefghij", { etag: "" })],
    ["another range", () => serves("abcdefghij")(rangeOf("bytes=1-9"))],
    ["a range of another length", () => serves("abcdefghijk")(rangeOf("bytes=6-9"))],
    ["a range that must not be stored", serves("abcdefghij", { "cache-control": "no-store" })],
    ["416", () => ({ status: 416, headers: { "content-range": "bytes */3" }, body: "" })],
  ])("and %s is never mixed with the part: all is asked for", async (_, answer) => {
    const whole = { headers: { "cache-control": "max-age=60", etag: '"c"' }, body: "the whole" };
    await using world = await withBytes("0-5", (request) =>
      request.header("range") === undefined ? whole : answer(request),
    );
    const reply = await world.ask();
    expect([reply.status, reply.body.toString()]).toEqual([200, "the whole"]);
    expect(seen(world, 2)).toEqual([undefined, undefined]);
    expect((await world.ask()).body.toString()).toBe("the whole");
    expect(world.asked).toHaveLength(3);
  });

  test("what else the service answers is the answer", async () => {
    await using world = await withBytes("0-5", () => ({ status: 404, body: "gone" }));
    const reply = await world.ask();
    expect([reply.status, reply.body.toString()]).toEqual([404, "gone"]);
  });
});

test.each<[string, Record<string, string>]>([
  ["a condition", { "if-none-match": '"x"' }],
  ["no-cache", { "cache-control": "no-cache" }],
  ["no-store", { "cache-control": "no-store" }],
  ["a range beyond the part", { range: "bytes=4-7" }],
])("who asks with %s gets what the service says", async (_, headers) => {
  await using world = await withBytes("0-5");
  await world.ask({ headers });
  expect(seen(world)).toEqual([headers.range, undefined]);
});

test("all who wait get the whole, or the error of a rest that breaks off; and then it is asked for again", async () => {
  await using world = await withBytes("0-5");
  const held: UpstreamConnection[] = [];
  world.answers((_, connection) => {
    held.push(connection);
    return undefined;
  });
  const ask = async () => {
    const client = await connect(world.gateway.port);
    void client.send(requestText({}));
    return client;
  };
  const clients = await Promise.all([ask(), ask(), ask()]);
  await until(() => held.length === 1);
  const head =
    'HTTP/1.1 206 Partial Content\r\ncache-control: max-age=60\r\netag: "a"\r\ncontent-range: bytes 6-9/10\r\n';
  await held[0]?.send(`${head}content-length: 4\r\n\r\n67`);
  held[0]?.close();
  const replies = await Promise.all(clients.map((client) => client.readResponse()));
  expect(replies.map(({ status }) => status)).toEqual([502, 502, 502]);
  const more = await Promise.all([ask(), ask()]);
  await until(() => held.length === 2);
  await held[1]?.send(`${head}content-length: 4\r\n\r\n6789`);
  const whole = await Promise.all(more.map((client) => client.readResponse()));
  expect(whole.map(({ status, body }) => [status, body.toString()])).toEqual([
    [200, CONTENT],
    [200, CONTENT],
  ]);
  expect(world.asked).toHaveLength(3);
  for (const client of [...clients, ...more]) client.close();
});
