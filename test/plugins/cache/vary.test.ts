import { describe, expect, test } from "bun:test";
import cache from "../../../plugins/cache/index.ts";
import { selectEntry } from "../../../plugins/cache/memory.ts";
import { varyKey } from "../../../plugins/cache/rules/vary.ts";
import { HeaderList } from "../../../src/message/headers.ts";
import { Reply } from "../../../src/message/reply.ts";
import { testPlugin } from "../../../src/testing.ts";
import { entryOf } from "./entries.ts";
import { type Ask, isAnsweredFromStore, startWorld } from "./world.ts";

type Headers = NonNullable<Ask["headers"]>;

/** Vary, the fields of the first request, those of the second, and whether the first's reply is for the second. */
const CASES: readonly (readonly [
  vary: string | readonly string[],
  first: Headers,
  second: Headers,
  matches: boolean,
])[] = [
  ["foo", { foo: "1" }, { foo: "1", other: "2" }, true],
  ["Foo", { foo: "1" }, { foo: "1" }, true],
  ["foo", { foo: "1" }, { foo: "2" }, false],
  ["foo", { foo: "1" }, {}, false],
  ["foo", {}, { foo: "1" }, false],
  ["foo", {}, { foo: "" }, false],
  ["foo", {}, {}, true],
  ["foo, bar", { foo: "1", bar: "2" }, { bar: "2", foo: "1" }, true],
  ["foo, bar", { foo: "1", bar: "2" }, { foo: "2", bar: "1" }, false],
  [["foo", "bar"], { foo: "1", bar: "2" }, { foo: "1", bar: "3" }, false],
  [["foo", "*"], { foo: "1" }, { foo: "1" }, false],
  [", foo, ", { foo: "1" }, { foo: "2" }, false],
  ["foo", { foo: "1, 2" }, { foo: ["1", "2"] }, true],
  ["foo", { foo: "1,2" }, { foo: "1 ,  2" }, true],
  ["foo", { foo: "1,2" }, { foo: "2,1" }, false],
  ["foo", { foo: "a" }, { foo: "A" }, false],
  ["foo", { foo: '"1, 2"' }, { foo: '"1,2"' }, false],
  ["accept-language", { "accept-language": "en, de;q=0.5" }, { "accept-language": "DE; q=0.5 ,EN" }, true],
  ["accept-language", { "accept-language": "en, de;q=0.5" }, { "accept-language": "en;q=0.5, de" }, false],
  ["accept-encoding", { "accept-encoding": "gzip, br" }, { "accept-encoding": "br,gzip" }, true],
  ["accept-encoding", { "accept-encoding": "gzip" }, { "accept-encoding": "br" }, false],
];

describe("RFC 9111 §4.1", () => {
  test.each(CASES)("Vary %j: stored for %j, asked with %j: %p", async (vary, first, second, matches) => {
    await using world = await startWorld();
    world.answers({ headers: { "cache-control": "max-age=60", vary } });
    await world.ask({ headers: first });
    expect(await isAnsweredFromStore(world, { headers: second })).toBe(matches);
  });

  test("variants are kept beside each other", async () => {
    await using world = await startWorld();
    world.answers((request) => ({
      headers: { "cache-control": "max-age=60", vary: "foo" },
      body: `for ${request.header("foo")}`,
    }));
    for (const foo of ["1", "2", "1", "2"]) {
      expect((await world.ask({ headers: { foo } })).body.toString()).toBe(`for ${foo}`);
    }
    expect(world.asked).toHaveLength(2);
  });

  test("the latest of those that match is taken, also when Vary changes", async () => {
    await using world = await startWorld();
    world.answers({ headers: { "cache-control": "max-age=60", vary: "foo" }, body: "old" });
    await world.ask({ headers: { foo: "1" } });
    world.answers({ headers: { "cache-control": "max-age=60", vary: "bar" }, body: "new" });
    await world.ask({ headers: { foo: "2", bar: "1" } });
    expect((await world.ask({ headers: { foo: "1", bar: "1" } })).body.toString()).toBe("new");
    expect((await world.ask({ headers: { foo: "1", bar: "2" } })).body.toString()).toBe("old");
  });

  test("no more than 64 variants of a URL are kept", async () => {
    await using world = await startWorld();
    world.answers({ headers: { "cache-control": "max-age=60", vary: "foo" } });
    for (let i = 0; i < 66; i++) await world.ask({ headers: { foo: String(i) } });
    expect(await isAnsweredFromStore(world, { headers: { foo: "65" } })).toBe(true);
    expect(await isAnsweredFromStore(world, { headers: { foo: "0" } })).toBe(false);
  });
});

describe("the key", () => {
  const whole = { headers: { "cache-control": "max-age=60" } };

  test.each([
    ["/a", "/a", "{}", true],
    ["/a", "/b", "{}", false],
    ["/a?x=1", "/a?x=1", "{}", true],
    ["/a?x=1", "/a?x=2", "{}", false],
    ["/a?x=1&y=2", "/a?y=2&x=1", "{}", false],
    ["/a", "/a?", "{}", false],
    ["/a?x=1&y=2&z=3", "/a?y=2&x=1", "{ key: { query: [x, y] } }", true],
    ["/a?x=1&y=2", "/a?x=1&y=3", "{ key: { query: [x, y] } }", false],
    ["/a?x=1&x=2", "/a?x=2&x=1", "{ key: { query: [x] } }", false],
    ["/a?utm=1&x=1", "/a?x=1&utm=2", "{ key: { query: { without: [utm] } } }", true],
    ["/a?%75tm=1", "/a", "{ key: { query: { without: [utm] } } }", true],
    ["/a?x=1&y=2", "/a?x=1%26y=2", "{ key: { query: [x, y] } }", false],
  ])("%s and %s with %s are the same: %p", async (first, second, options, isSame) => {
    await using world = await startWorld(options);
    world.answers(whole);
    await world.ask({ path: first });
    expect(await isAnsweredFromStore(world, { path: second })).toBe(isSame);
  });

  test("has the host", async () => {
    await using world = await startWorld();
    world.answers(whole);
    await world.ask({ host: "a.test" });
    expect(await isAnsweredFromStore(world, { host: "b.test" })).toBe(false);
    expect(await isAnsweredFromStore(world, { host: "a.test" })).toBe(true);
  });

  test("has headers and cookies that are named, and no others", async () => {
    await using world = await startWorld("{ key: { headers: [x-tenant], cookies: [lang] } }");
    world.answers(whole);
    await world.ask({ headers: { "x-tenant": "1", cookie: "lang=de; other=1" } });
    const same = { "x-tenant": "1", cookie: "other=2; lang=de", "x-other": "1" };
    expect(await isAnsweredFromStore(world, { headers: same })).toBe(true);
    expect(await isAnsweredFromStore(world, { headers: { ...same, cookie: "lang=en" } })).toBe(false);
    expect(await isAnsweredFromStore(world, { headers: { ...same, "x-tenant": "2" } })).toBe(false);
  });

  test("with principal keeps clients apart, those who share a header too", async () => {
    const users = Buffer.from("a:x").toString("base64");
    const other = Buffer.from("b:x").toString("base64");
    // Of the password "x", by bcrypt with the least cost.
    const hash = await Bun.password.hash("x", { algorithm: "bcrypt", cost: 10 });
    await using world = await startWorld(
      "{ key: { principal: true }, ttl: 60s }",
      `      basic-auth: { users: { a: "${hash}", b: "${hash}" } }\n`,
    );
    world.answers((request) => ({ body: request.header("authorization") ?? "" }));
    const ask = (who: string) => ({ headers: { authorization: `Basic ${who}` } });
    await world.ask(ask(users));
    expect(world.asked).toHaveLength(1);
    expect(await isAnsweredFromStore(world, ask(users))).toBe(true);
    expect(await isAnsweredFromStore(world, ask(other))).toBe(false);
  });
});

describe("§3.5 a client that a plugin has authenticated, by whatever field", () => {
  const ada = { id: "ada", source: "api-key", scopes: [], claims: {} };
  const bob = { ...ada, id: "bob" };

  test.each([
    ["max-age=60", {}, 3],
    ["public, max-age=60", {}, 1],
    ["max-age=60", { key: { principal: true } }, 2],
  ])("%s with %j", async (control, options, wanted) => {
    const t = await testPlugin(cache, options);
    let asked = 0;
    const answer = () => Reply.json(200, ++asked, { "cache-control": control });
    for (const principal of [ada, ada, bob]) await t.request({ principal }, answer);
    expect(asked).toBe(wanted);
  });
});

test("routes do not share replies for one URL", async () => {
  await using world = await startWorld(
    "{}",
    `  - path: /*
    headers: { x-version: "2" }
    service: s
    plugins:
      cache: {}
`,
  );
  world.answers({ headers: { "cache-control": "max-age=60" } });
  await world.ask();
  expect(await isAnsweredFromStore(world, { headers: { "x-version": "2" } })).toBe(false);
  expect(await isAnsweredFromStore(world)).toBe(true);
});

test("however many variants there are, what a request has in the fields is made out once", () => {
  const entries = Array.from({ length: 64 }, (_, i) => entryOf(0, `+${i}\n`, "accept-language"));
  let looks = 0;
  class Counted extends HeaderList {
    override get(name: string) {
      looks++;
      return super.get(name);
    }
  }
  const headers = new Counted(["accept-language", "63"]);
  expect(selectEntry(entries, "r", "", headers)).toBe(entries[63]);
  expect(looks).toBe(1);
  expect(selectEntry(entries, "r", "", new HeaderList(["accept-language", "64"]))).toBeUndefined();
});

test("values of more than 1 KB are compared as they stand", () => {
  const long = Array.from({ length: 300 }, (_, i) => `x${i}`);
  const key = (value: string) => varyKey(["accept-language"], new HeaderList(["accept-language", value]));
  expect(key("b, a")).toBe(key("a,b"));
  expect(key(long.join(", "))).not.toBe(key(long.toReversed().join(",")));
  expect(key(long.join(","))).toBe(key(long.join(",")));
});
