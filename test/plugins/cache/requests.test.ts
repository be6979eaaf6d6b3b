import { describe, expect, test } from "bun:test";
import { type Ask, isAnsweredFromStore, startWorld } from "./world.ts";

interface Case {
  /** What the stored reply says. */
  readonly stored: string;
  /** Seconds until the second request. */
  readonly after: number;
  readonly request: NonNullable<Ask["headers"]>;
  readonly isFromStore: boolean;
}

const asks = (control: string) => ({ "cache-control": control });

const CASES: Readonly<Record<string, Case>> = {
  "§5.2.1.1 max-age of a reply that is younger": {
    stored: "max-age=60",
    after: 10,
    request: asks("max-age=10"),
    isFromStore: true,
  },
  "§5.2.1.1 max-age of a reply that is older": {
    stored: "max-age=60",
    after: 11,
    request: asks("max-age=10"),
    isFromStore: false,
  },
  "§5.2.1.1 max-age=0": { stored: "max-age=60", after: 1, request: asks("max-age=0"), isFromStore: false },
  "§5.2.1.1 max-age that is none": { stored: "max-age=60", after: 1, request: asks("max-age=x"), isFromStore: false },
  "§5.2.1.2 max-stale of a reply that is so long stale": {
    stored: "max-age=10",
    after: 70,
    request: asks("max-stale=60"),
    isFromStore: true,
  },
  "§5.2.1.2 max-stale of a reply that is longer stale": {
    stored: "max-age=10",
    after: 71,
    request: asks("max-stale=60"),
    isFromStore: false,
  },
  "§5.2.1.2 max-stale without a value": {
    stored: "max-age=10",
    after: 7_000,
    request: asks("max-stale"),
    isFromStore: true,
  },
  "§5.2.1.2 max-stale against must-revalidate": {
    stored: "max-age=10, must-revalidate",
    after: 11,
    request: asks("max-stale"),
    isFromStore: false,
  },
  "§5.2.1.2 max-stale against proxy-revalidate": {
    stored: "max-age=10, proxy-revalidate",
    after: 11,
    request: asks("max-stale"),
    isFromStore: false,
  },
  "§5.2.1.2 max-stale against s-maxage": {
    stored: "s-maxage=10",
    after: 11,
    request: asks("max-stale"),
    isFromStore: false,
  },
  "§5.2.1.2 max-stale against no-cache": {
    stored: "no-cache",
    after: 0,
    request: asks("max-stale"),
    isFromStore: false,
  },
  "§5.2.1.3 min-fresh of a reply that is": {
    stored: "max-age=60",
    after: 10,
    request: asks("min-fresh=50"),
    isFromStore: true,
  },
  "§5.2.1.3 min-fresh of a reply that is not": {
    stored: "max-age=60",
    after: 11,
    request: asks("min-fresh=50"),
    isFromStore: false,
  },
  "§5.2.1.4 no-cache": { stored: "max-age=60", after: 1, request: asks("no-cache"), isFromStore: false },
  "§5.2.1.7 only-if-cached of what is stored": {
    stored: "max-age=60",
    after: 1,
    request: asks("only-if-cached"),
    isFromStore: true,
  },
  "§5.4 Pragma without Cache-Control": {
    stored: "max-age=60",
    after: 1,
    request: { pragma: "no-cache" },
    isFromStore: false,
  },
  "§5.4 Pragma beside Cache-Control": {
    stored: "max-age=60",
    after: 1,
    request: { pragma: "no-cache", "cache-control": "max-age=9" },
    isFromStore: true,
  },
  "§5.4 another Pragma": { stored: "max-age=60", after: 1, request: { pragma: "x" }, isFromStore: true },
};

describe("RFC 9111 §5.2.1 what a client asks for", () => {
  test.each(Object.entries(CASES))("%s", async (_, { stored, after, request, isFromStore }) => {
    await using world = await startWorld();
    world.answers({ headers: { "cache-control": stored, etag: '"a"' } });
    await world.ask();
    world.pass(after);
    expect(await isAnsweredFromStore(world, { headers: request })).toBe(isFromStore);
  });
});

test("§5.2.1.7 only-if-cached of what is not stored, or stale, is 504, and the service is not asked", async () => {
  await using world = await startWorld();
  const request = { headers: asks("only-if-cached") };
  const reply = await world.ask(request);
  expect([reply.status, JSON.parse(reply.body.toString()).code]).toEqual([504, "not_cached"]);
  expect(world.asked).toHaveLength(0);
  world.answers({ headers: asks("max-age=10") });
  await world.ask();
  world.pass(11);
  expect((await world.ask(request)).status).toBe(504);
  expect(world.asked).toHaveLength(1);
});

test("§5.2.1.4 no-cache asks by what is stored, and what comes is stored", async () => {
  await using world = await startWorld();
  world.answers({ headers: { "cache-control": "max-age=60", etag: '"a"' }, conditional: 304 });
  await world.ask();
  world.pass(30);
  const reply = await world.ask({ headers: asks("no-cache") });
  expect([reply.status, reply.body.toString()]).toEqual([200, "content"]);
  expect(reply.header("cache-status")).toBe("sluice; fwd=request; fwd-status=304");
  expect(world.asked[1]?.header("if-none-match")).toBe('"a"');
  world.pass(45);
  expect(await isAnsweredFromStore(world)).toBe(true);
});

test("RFC 9110 §13.1.1 If-Match goes to the service", async () => {
  await using world = await startWorld();
  world.answers({ headers: { "cache-control": "max-age=60", etag: '"a"' } });
  await world.ask();
  expect(await isAnsweredFromStore(world, { headers: { "if-match": '"b"' } })).toBe(false);
  expect(world.asked[1]?.header("if-match")).toBe('"b"');
});
