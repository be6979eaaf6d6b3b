import { describe, expect, test } from "bun:test";
import type { RawResponse } from "../../support/messages.ts";
import { connect, type RawClient } from "../../support/raw.ts";
import { response } from "../../support/scripts.ts";
import { PATIENCE_MS, until } from "../../support/until.ts";
import type { UpstreamConnection } from "../../support/upstream.ts";
import { requestText, startWorld, type World } from "./world.ts";

const FRESH = { "cache-control": "max-age=60" };
const FRESH_HEAD = "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\n";
/** The first half of a content that is to be stored. */
const FIRST_HALF = `${FRESH_HEAD}content-length: 10\r\n\r\nfirst`;

/** The service takes requests, and answers when the test says so. */
function holding(world: World): UpstreamConnection[] {
  const held: UpstreamConnection[] = [];
  world.answers((_, connection) => {
    held.push(connection);
    return undefined;
  });
  return held;
}

/** Resolves when the first half has come to each of them; it is left where it is. */
async function firstHalves(...all: readonly RawClient[]): Promise<void> {
  const hasCome = (bytes: Buffer) => (bytes.includes("first") ? 0 : -1);
  for (const client of all) await client.inbox.take(hasCome, PATIENCE_MS, "the first half");
}

async function clients(world: World, count: number, headers = {}): Promise<RawClient[]> {
  const all = await Promise.all(Array.from({ length: count }, () => connect(world.gateway.port)));
  for (const client of all) void client.send(requestText({ headers }));
  return all;
}

/** Clients that wait for the reply to one request, which the service holds back. */
interface Crowd extends AsyncDisposable {
  readonly world: World;
  readonly held: UpstreamConnection[];
  /** The first of them has asked, and the others wait for it. */
  readonly all: readonly RawClient[];
  /** Answers one of the requests that came to the service: whole, and to be stored unless `control` says otherwise. */
  answer(index: number, body: string, control?: string): void;
}

async function startCrowd(count: number, options?: string): Promise<Crowd> {
  const world = await startWorld(options);
  const held = holding(world);
  const first = await clients(world, 1);
  await until(() => held.length === 1);
  const all = [...first, ...(await clients(world, count - 1))];
  await settled(world);
  return {
    world,
    held,
    all,
    answer: (index, body, control = "max-age=60") => {
      void held[index]?.send(response(body, { headers: [["cache-control", control]] }));
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of all) if (!client.isClosed) client.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

const repliesTo = (all: readonly RawClient[]) => Promise.all(all.map((client) => client.readResponse()));

/** Resolves when the gateway has taken what was sent before: it answers in the order in which requests come to it. */
async function settled(world: World): Promise<void> {
  for (let i = 0; i < 3; i++) await world.ask({ method: "OPTIONS", path: "*" });
}

const texts = (replies: readonly RawResponse[]) => replies.map((reply) => reply.body.toString());

describe("requests for the same", () => {
  test("a thousand at once are one request to the service", async () => {
    await using crowd = await startCrowd(1_000);
    const { world, all } = crowd;
    crowd.answer(0, "one");
    const replies = await repliesTo(all);
    expect(new Set(texts(replies))).toEqual(new Set(["one"]));
    expect(world.asked).toHaveLength(1);
    const statuses = replies.map((reply) => reply.header("cache-status"));
    expect(statuses.filter((status) => status === "sluice; fwd=uri-miss; stored")).toHaveLength(1);
  });

  test("get the content as it comes", async () => {
    await using crowd = await startCrowd(3);
    const { world, held, all } = crowd;
    void held[0]?.send(FIRST_HALF);
    await firstHalves(...all);
    // One who comes in the middle gets it from the beginning.
    const late = await clients(world, 1);
    await firstHalves(...late);
    void held[0]?.send("-last");
    for (const client of [...all, ...late]) {
      expect((await client.readResponse()).body.toString()).toBe("first-last");
      client.close();
    }
    expect(world.asked).toHaveLength(1);
  });

  test("all get the error of a service that fails, and the next request asks again", async () => {
    await using crowd = await startCrowd(20);
    const { world, held, all } = crowd;
    held[0]?.close();
    const replies = await repliesTo(all);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([502]));
    // The gateway itself sends what it may send again once more.
    const before = world.asked.length;
    expect(before).toBeLessThanOrEqual(2);
    world.answers({ headers: FRESH });
    expect((await world.ask()).status).toBe(200);
  });

  test("all get the failure that a service answers with, unless it is one client's alone", async () => {
    for (const [control, wanted] of [
      ["max-age=0", 1],
      ["private", 5],
    ] as const) {
      await using crowd = await startCrowd(5);
      const { world, held, all } = crowd;
      const down = response("down", { status: 503, headers: [["cache-control", control]] });
      void held[0]?.send(down);
      await until(() => held.length === wanted);
      for (const connection of held.slice(1)) void connection.send(down);
      const replies = await repliesTo(all);
      expect(replies.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
      expect(world.asked).toHaveLength(wanted);
    }
  });

  test("all get the end of a content that breaks off, and nothing is stored", async () => {
    await using crowd = await startCrowd(3);
    const { world, held, all } = crowd;
    void held[0]?.send(FIRST_HALF);
    await firstHalves(...all);
    held[0]?.close();
    for (const client of all) await until(() => client.isClosed || client.isEnded);
    world.answers({ headers: FRESH, body: "whole" });
    expect((await world.ask()).body.toString()).toBe("whole");
  });

  test("a client that leaves before the reply's head hands over to another", async () => {
    await using crowd = await startCrowd(6);
    const { world, held, all } = crowd;
    const [first, ...others] = all;
    first?.reset();
    await until(() => held.length === 2);
    await settled(world);
    crowd.answer(1, "two");
    const replies = await repliesTo(others);
    expect(texts(replies)).toEqual(Array.from({ length: 5 }, () => "two"));
    expect(world.asked).toHaveLength(2);
  });

  test("a client that leaves in the middle of the content stops nobody, and it is stored", async () => {
    await using crowd = await startCrowd(2);
    const { world, held, all } = crowd;
    const [first, second] = all;
    void held[0]?.send(FIRST_HALF);
    await firstHalves(...all);
    first?.reset();
    second?.reset();
    await settled(world);
    void held[0]?.send("-last");
    await until(async () => (await world.ask()).header("cache-status")?.includes("hit") === true);
    expect((await world.ask()).body.toString()).toBe("first-last");
    expect(world.asked).toHaveLength(1);
  });

  test("a client that waits and leaves is let go", async () => {
    await using crowd = await startCrowd(2);
    const { world, all } = crowd;
    const [first, second] = all;
    second?.reset();
    await settled(world);
    crowd.answer(0, "one");
    expect((await first?.readResponse())?.body.toString()).toBe("one");
    expect(world.asked).toHaveLength(1);
  });

  test("what must not be stored is asked for by each, at once, and nobody waits for it again", async () => {
    await using crowd = await startCrowd(5);
    const { world, held, all } = crowd;
    crowd.answer(0, "mine", "private");
    await until(() => held.length === 5);
    for (let i = 0; i < 4; i++) crowd.answer(i + 1, `other ${i}`, "private");
    const replies = await repliesTo(all);
    expect(texts(replies).sort()).toEqual(["mine", "other 0", "other 1", "other 2", "other 3"]);
    const more = await clients(world, 5);
    await until(() => held.length === 10);
    for (const client of more) client.close();
  });

  test("requests that differ in what the reply varies by get their own", async () => {
    await using world = await startWorld();
    const held: { readonly connection: UpstreamConnection; readonly foo: string | undefined }[] = [];
    world.answers((request, connection) => {
      held.push({ connection, foo: request.header("foo") });
      return undefined;
    });
    const ones = await clients(world, 3, { foo: "1" });
    await until(() => held.length === 1);
    const twos = await clients(world, 3, { foo: "2" });
    await settled(world);
    const headers = [
      ["cache-control", "max-age=60"],
      ["vary", "foo"],
    ] as const;
    void held[0]?.connection.send(response(`for ${held[0].foo}`, { headers }));
    await until(() => held.length === 2);
    await settled(world);
    void held[1]?.connection.send(response(`for ${held[1].foo}`, { headers }));
    expect(new Set(texts(await repliesTo(ones)))).toEqual(new Set(["for 1"]));
    expect(new Set(texts(await repliesTo(twos)))).toEqual(new Set(["for 2"]));
    expect(world.asked).toHaveLength(2);
    for (const client of [...ones, ...twos]) client.close();
  });

  test("a reply without a length that turns out too long goes on to all, and is not stored", async () => {
    await using crowd = await startCrowd(2, "{ max-object: 64kb }");
    const { world, held, all } = crowd;
    const block = "x".repeat(65_536);
    const chunk = `10000\r\n${block}\r\n`;
    void held[0]?.send(`${FRESH_HEAD}transfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n`);
    await firstHalves(...all);
    const [, slow] = all;
    slow?.pause();
    for (let i = 0; i < 16; i++) void held[0]?.send(chunk);
    await settled(world);
    slow?.resume();
    void held[0]?.send("0\r\n\r\n");
    for (const reply of await repliesTo(all)) expect(reply.body.length).toBe(5 + 16 * 65_536);
    world.answers({ headers: FRESH, body: "new" });
    expect((await world.ask()).body.toString()).toBe("new");
  });
});

test("one who is identified, or a failure, takes nothing from those who come after", async () => {
  const first = { headers: FRESH, body: "one" };
  for (const earlier of [
    { origin: first, headers: { authorization: "Basic eDp5" } },
    { origin: { status: 503, body: "no" }, headers: {} },
  ]) {
    await using world = await startWorld();
    world.answers(earlier.origin);
    await world.ask({ headers: earlier.headers });
    const held = holding(world);
    const all = await clients(world, 20);
    await until(() => held.length >= 1);
    await settled(world);
    expect(held).toHaveLength(1);
    void held[0]?.send(response("one", { headers: [["cache-control", "max-age=60"]] }));
    expect(new Set(texts(await repliesTo(all)))).toEqual(new Set(["one"]));
    for (const client of all) client.close();
  }
});

test("however many leave, one asks for those who wait", async () => {
  await using crowd = await startCrowd(30);
  const { world, held, all } = crowd;
  for (let gone = 1; gone <= 12; gone++) {
    // Those who wait ask in the order in which they came.
    all[gone - 1]?.reset();
    await until(() => held.length === gone + 1);
    await settled(world);
    expect(held).toHaveLength(gone + 1);
  }
  crowd.answer(12, "one");
  expect(new Set(texts(await repliesTo(all.slice(12))))).toEqual(new Set(["one"]));
});
