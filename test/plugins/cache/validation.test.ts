import { describe, expect, test } from "bun:test";
import { isAnsweredFromStore, startWorld } from "./world.ts";

const TAGGED = { "cache-control": "max-age=10", etag: '"a"' };

test("§4.3.1 a stale reply is asked for by its tag and its date", async () => {
  await using world = await startWorld();
  const changed = world.date(-1_000);
  world.answers({ headers: { ...TAGGED, "last-modified": changed }, conditional: 304 });
  await world.ask();
  world.pass(11);
  await world.ask({ headers: { "if-none-match": '"mine"', "if-modified-since": world.date() } });
  const [, second] = world.asked;
  expect([second?.header("if-none-match"), second?.header("if-modified-since")]).toEqual(['"a"', changed]);
});

test("§4.3.1 the request has its selecting fields", async () => {
  await using world = await startWorld();
  world.answers({ headers: { ...TAGGED, vary: "abc" }, conditional: 304 });
  await world.ask({ headers: { abc: "1" } });
  world.pass(11);
  await world.ask({ headers: { abc: "1" } });
  expect([world.asked[1]?.header("abc"), world.asked[1]?.header("if-none-match")]).toEqual(["1", '"a"']);
});

test("§4.3.3 a 304 makes the stored reply the answer, with the fields of the 304", async () => {
  await using world = await startWorld();
  world.answers({ headers: { ...TAGGED, "x-a": "1", "x-b": "1", "content-type": "text/plain" } });
  await world.ask();
  world.pass(11);
  world.answers({ status: 304, headers: { ...TAGGED, "cache-control": "max-age=20", "x-b": ["2", "3"] } });
  const confirmedAt = world.date();
  const reply = await world.ask();
  expect([reply.status, reply.body.toString(), reply.header("cache-status")]).toEqual([
    200,
    "content",
    "sluice; fwd=stale; fwd-status=304",
  ]);
  world.pass(19);
  const later = await world.ask();
  expect(later.header("cache-status")).toStartWith("sluice; hit");
  expect([later.all("x-a"), later.all("x-b"), later.header("cache-control")]).toEqual([
    ["1"],
    ["2", "3"],
    "max-age=20",
  ]);
  expect([later.header("age"), later.header("date"), later.header("content-type")]).toEqual([
    "19",
    confirmedAt,
    "text/plain",
  ]);
  expect(later.header("content-length")).toBe("7");
});

test("§4.3.3 a new reply takes the place of the stored one", async () => {
  await using world = await startWorld();
  world.answers({ headers: TAGGED, body: "old" });
  await world.ask();
  world.pass(11);
  world.answers({ headers: { ...TAGGED, etag: '"b"' }, body: "new" });
  expect((await world.ask()).body.toString()).toBe("new");
  expect((await world.ask()).body.toString()).toBe("new");
  expect(world.asked).toHaveLength(2);
});

test("§4.3.3 a failure goes to the client, and leaves the stored reply as it was", async () => {
  await using world = await startWorld();
  world.answers({ headers: TAGGED });
  await world.ask();
  world.pass(11);
  world.answers({ status: 503, body: "down" });
  expect((await world.ask()).status).toBe(503);
  world.answers({ status: 304, headers: TAGGED });
  expect((await world.ask()).body.toString()).toBe("content");
});

test("§4.3.4 a 304 that names another strong tag confirms nothing: the reply is asked for without a condition", async () => {
  await using world = await startWorld();
  world.answers({ headers: TAGGED, body: "old" });
  await world.ask();
  world.pass(11);
  world.answers((request) =>
    request.header("if-none-match") === undefined
      ? { headers: { ...TAGGED, etag: '"b"' }, body: "new" }
      : { status: 304, headers: { ...TAGGED, etag: '"b"' } },
  );
  expect((await world.ask()).body.toString()).toBe("new");
  expect(world.asked).toHaveLength(3);
});

test("§4.3.4 a 304 makes all variants fresh that have its strong tag, and no others", async () => {
  await using world = await startWorld();
  const tags: Readonly<Record<string, string>> = { "1": '"a"', "2": '"a"', "3": '"b"' };
  world.answers((request) => {
    const foo = request.header("foo") ?? "";
    return { headers: { ...TAGGED, etag: tags[foo] ?? "", vary: "foo" }, body: `for ${foo}`, conditional: 304 };
  });
  for (const foo of ["1", "2", "3"]) await world.ask({ headers: { foo } });
  world.pass(11);
  await world.ask({ headers: { foo: "1" } });
  expect(world.asked).toHaveLength(4);
  const other = await world.ask({ headers: { foo: "2" } });
  expect([other.body.toString(), world.asked.length]).toEqual(["for 2", 4]);
  await world.ask({ headers: { foo: "3" } });
  expect(world.asked).toHaveLength(5);
});

test("§4.3.4 a 304 that says no-store is obeyed", async () => {
  await using world = await startWorld();
  world.answers({ headers: TAGGED });
  await world.ask();
  world.pass(11);
  world.answers({ headers: { ...TAGGED, "cache-control": "no-store" }, conditional: 304 });
  expect((await world.ask()).body.toString()).toBe("content");
  expect(await isAnsweredFromStore(world)).toBe(false);
});

describe("§4.3.5 the reply to HEAD", () => {
  test("freshens what is stored", async () => {
    await using world = await startWorld();
    world.answers({ headers: { ...TAGGED, "x-a": "1" } });
    await world.ask();
    world.pass(11);
    world.answers({ headers: { ...TAGGED, "cache-control": "max-age=100", "x-a": "2" } });
    expect((await world.ask({ method: "HEAD" })).status).toBe(200);
    expect(world.asked[1]?.method).toBe("HEAD");
    world.pass(50);
    const reply = await world.ask();
    expect([reply.header("x-a"), reply.body.toString(), world.asked.length]).toEqual(["2", "content", 2]);
  });

  test.each([
    ["another tag", { etag: '"b"' }, "content"],
    ["another length", {}, "another content"],
    ["another date", { "last-modified": "Mon, 01 Jan 2029 00:00:00 GMT" }, "content"],
  ])("with %s makes what is stored stale", async (_, more, body) => {
    await using world = await startWorld();
    world.answers({ headers: { ...TAGGED, "cache-control": "max-age=60" } });
    await world.ask();
    world.answers({ headers: { ...TAGGED, ...more }, body });
    await world.ask({ method: "HEAD", headers: { "cache-control": "no-cache" } });
    expect(await isAnsweredFromStore(world)).toBe(false);
  });

  test("comes from what is stored while that is fresh, with the length of GET", async () => {
    await using world = await startWorld();
    world.answers({ headers: TAGGED });
    await world.ask();
    const reply = await world.ask({ method: "HEAD" });
    expect([reply.header("content-length"), reply.header("etag"), world.asked.length]).toEqual(["7", '"a"', 1]);
  });
});

describe("§4.3.2 a client's condition is judged by what is stored", () => {
  const changed = new Date(Date.UTC(2029, 0, 1)).toUTCString();
  const later = new Date(Date.UTC(2029, 0, 2)).toUTCString();
  const earlier = new Date(Date.UTC(2028, 0, 2)).toUTCString();
  test.each([
    [304, '"a"', { "if-none-match": '"a"' }],
    [304, '"a"', { "if-none-match": '"x", W/"a" , "y"' }],
    [304, '"a"', { "if-none-match": '"x,y", "a"' }],
    [304, '"a"', { "if-none-match": "*" }],
    [304, 'W/"a"', { "if-none-match": '"a"' }],
    [200, '"a"', { "if-none-match": '"b"' }],
    [200, '"a"', { "if-none-match": '"x, "a""' }],
    [200, '"a"', { "if-none-match": '"b"', "if-modified-since": later }],
    [304, '"a"', { "if-none-match": '"a"', "if-modified-since": earlier }],
    [304, '"a"', { "if-modified-since": changed }],
    [304, '"a"', { "if-modified-since": later }],
    [304, '"a"', { "if-modified-since": "Monday, 01-Jan-29 00:00:00 GMT" }],
    [200, '"a"', { "if-modified-since": earlier }],
    [200, '"a"', { "if-modified-since": "yesterday" }],
  ] as const)("%d, stored %s, asked %j", async (status, etag, headers) => {
    await using world = await startWorld();
    world.answers({
      headers: { "cache-control": "max-age=60", etag, "last-modified": changed, "content-type": "a/b" },
    });
    await world.ask();
    const reply = await world.ask({ headers });
    expect([reply.status, world.asked.length]).toEqual([status, 1]);
    // RFC 9110 §15.4.5.
    expect([reply.header("etag"), reply.header("cache-control"), reply.all("date").length]).toEqual([
      etag,
      "max-age=60",
      1,
    ]);
    expect(reply.body.toString()).toBe(status === 304 ? "" : "content");
    expect(reply.header("content-type")).toBe(status === 304 ? undefined : "a/b");
  });

  test("without Last-Modified by the date of the reply", async () => {
    await using world = await startWorld();
    world.answers({ headers: { "cache-control": "max-age=60" } });
    await world.ask();
    expect((await world.ask({ headers: { "if-modified-since": world.date() } })).status).toBe(304);
    expect((await world.ask({ headers: { "if-modified-since": world.date(-1) } })).status).toBe(200);
  });

  test("not of a stored error", async () => {
    await using world = await startWorld();
    world.answers({ status: 404, headers: { "cache-control": "max-age=60", etag: '"a"' } });
    await world.ask();
    expect((await world.ask({ headers: { "if-none-match": '"a"' } })).status).toBe(404);
  });

  test("after the service was asked: what is new, and what is not", async () => {
    await using world = await startWorld();
    world.answers({ headers: TAGGED, conditional: 304 });
    await world.ask();
    world.pass(11);
    expect((await world.ask({ headers: { "if-none-match": '"a"' } })).status).toBe(304);
    world.pass(11);
    world.answers({ headers: { ...TAGGED, etag: '"b"' }, body: "new" });
    expect((await world.ask({ headers: { "if-none-match": '"b"' } })).status).toBe(304);
    expect((await world.ask()).body.toString()).toBe("new");
    expect(world.asked).toHaveLength(3);
  });

  test("of what is not stored it goes to the service as it is", async () => {
    await using world = await startWorld();
    world.answers({ headers: TAGGED, conditional: 304 });
    expect((await world.ask({ headers: { "if-none-match": '"a"' } })).status).toBe(304);
    expect(world.asked[0]?.header("if-none-match")).toBe('"a"');
    expect((await world.ask()).body.toString()).toBe("content");
  });
});
