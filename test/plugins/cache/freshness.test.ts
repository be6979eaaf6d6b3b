import { describe, expect, test } from "bun:test";
import { isAnsweredFromStore, type Origin, startWorld } from "./world.ts";

/** A date of HTTP, so many seconds from the beginning of a test's clock. */
const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1) + seconds * 1_000).toUTCString();

type Headers = NonNullable<Origin["headers"]>;
interface Case {
  readonly headers: Headers;
  readonly status?: number;
  readonly options?: string;
  /** The last second in which the reply is fresh; −1 if it never is. */
  readonly last: number;
}

const CASES: Readonly<Record<string, Case>> = {
  "§4.2.1 max-age": { headers: { "cache-control": "max-age=60" }, last: 59 },
  "§4.2.1 s-maxage before max-age": { headers: { "cache-control": "max-age=600, s-maxage=60" }, last: 59 },
  "§4.2.1 max-age before Expires": { headers: { "cache-control": "max-age=60", expires: at(-10) }, last: 59 },
  "§4.2.1 Expires less Date": { headers: { date: at(0), expires: at(60) }, last: 59 },
  "§4.2.1 Expires less a Date that is ahead": { headers: { date: at(100), expires: at(160) }, last: 59 },
  "§4.2.1 of two max-age the smaller": { headers: { "cache-control": ["max-age=600", "max-age=60"] }, last: 59 },
  "§4.2.2 a tenth of the time since Last-Modified": { headers: { "last-modified": at(-600) }, last: 59 },
  "§4.2.2 an hour at most": { headers: { "last-modified": at(-360_000) }, last: 3_599 },
  "§4.2.2 as the options say": {
    headers: { "last-modified": at(-600) },
    options: "{ heuristic: { fraction: 50%, max: 60s } }",
    last: 59,
  },
  "§4.2.2 with public, of any status": {
    headers: { "cache-control": "public", "last-modified": at(-600) },
    status: 599,
    last: 59,
  },
  "§4.2.2 not with max-age": { headers: { "cache-control": "max-age=10", "last-modified": at(-6_000) }, last: 9 },
  "§4.2.3 less Age": { headers: { "cache-control": "max-age=60", age: "50" }, last: 9 },
  "§4.2.3 less the time since Date": { headers: { "cache-control": "max-age=60", date: at(-50) }, last: 9 },
  "§4.2.3 the greater of the two": { headers: { "cache-control": "max-age=60", age: "50", date: at(-20) }, last: 9 },
  "§4.2.3 Expires, less Age": { headers: { expires: at(60), date: at(0), age: "50" }, last: 9 },
  "§5.1 of several Ages the first": { headers: { "cache-control": "max-age=60", age: ["50", "0"] }, last: 9 },
  "§5.1 an Age that is none": { headers: { "cache-control": "max-age=60", age: "-50" }, last: 59 },
  "§5.1 an Age with a fraction": { headers: { "cache-control": "max-age=60", age: "50.0" }, last: 59 },
  "§5.1 an Age beyond all": { headers: { "cache-control": "max-age=60", age: "99999999999" }, last: -1 },
  "§5.2 names in any case": { headers: { "cache-control": "MAX-AGE=60" }, last: 59 },
  "§5.2 quoted": { headers: { "cache-control": 'max-age="60"' }, last: 59 },
  "§5.2 not what stands in another's quotes": { headers: { "cache-control": 'max-age=60, x="max-age=600"' }, last: 59 },
  "§5.2 with leading zeros": { headers: { "cache-control": "max-age=0060" }, last: 59 },
  "§5.2.2.1 max-age that is negative": { headers: { "cache-control": "max-age=-60", etag: '"a"' }, last: -1 },
  "§5.2.2.1 max-age that is no number": { headers: { "cache-control": "max-age='60'", etag: '"a"' }, last: -1 },
  "§5.2.2.1 max-age with a fraction": { headers: { "cache-control": "max-age=60.5", etag: '"a"' }, last: -1 },
  "§5.2.2.1 a blank before the equals sign": { headers: { "cache-control": "max-age =60", etag: '"a"' }, last: -1 },
  "§5.2.2.1 a blank behind the equals sign": { headers: { "cache-control": "max-age= 60", etag: '"a"' }, last: -1 },
  "§5.2.2.1 max-age beyond all": { headers: { "cache-control": "max-age=99999999999" }, last: 2_147_483_647 },
  "§5.2.2.4 no-cache": { headers: { "cache-control": "no-cache, max-age=60", etag: '"a"' }, last: -1 },
  "§5.2.2.4 no-cache with field names": { headers: { "cache-control": 'no-cache="x-a", max-age=60' }, last: 59 },
  "§5.3 Expires of the past": { headers: { expires: at(-1), etag: '"a"' }, last: -1 },
  "§5.3 Expires: 0": { headers: { expires: "0", etag: '"a"' }, last: -1 },
  "§5.3 two Expires": { headers: { expires: [at(60), at(60)], etag: '"a"' }, last: -1 },
  "§5.3 Expires with a Date that is none": { headers: { date: "today", expires: at(60) }, last: 59 },
  "§5.3 Expires without Date": { headers: { date: "", expires: at(60) }, last: 59 },
  "§5.3 Expires as RFC 850 wrote it": {
    headers: { date: at(0), expires: "Tuesday, 01-Jan-30 00:01:00 GMT" },
    last: 59,
  },
  "§5.3 Expires as asctime writes it": { headers: { date: at(0), expires: "Tue Jan  1 00:01:00 2030" }, last: 59 },
  "§5.3 Expires in any case": { headers: { date: at(0), expires: "TUE, 01 jan 2030 00:01:00 gmt" }, last: 59 },
  "§5.3 Expires in another zone": { headers: { expires: "Tue, 01 Jan 2030 00:01:00 UTC", etag: '"a"' }, last: -1 },
  "§5.3 Expires with two digits of the year": {
    headers: { expires: "Tue, 01 Jan 30 00:01:00 GMT", etag: '"a"' },
    last: -1,
  },
  "§5.3 Expires without a comma": { headers: { expires: "Tue 01 Jan 2030 00:01:00 GMT", etag: '"a"' }, last: -1 },
  "§5.3 Expires with one digit of the hour": {
    headers: { expires: "Tue, 01 Jan 2030 0:01:00 GMT", etag: '"a"' },
    last: -1,
  },
  "§5.3 Expires on a day that there is not": {
    headers: { expires: "Mon, 31 Feb 2030 00:01:00 GMT", etag: '"a"' },
    last: -1,
  },
  "RFC 9213 §2.2 CDN-Cache-Control before all others": {
    headers: { "cdn-cache-control": "max-age=60", "cache-control": "max-age=600, s-maxage=1", expires: at(5) },
    last: 59,
  },
  "RFC 9213 §2.1 with parameters and other members": {
    headers: { "cdn-cache-control": "x;y=1, max-age=60;z, public" },
    last: 59,
  },
  "RFC 9213 §2.2 one that is no structured field is ignored": {
    headers: { "cdn-cache-control": "max-age =600", "cache-control": "max-age=60" },
    last: 59,
  },
  "RFC 9213 §2.2 one of another type is ignored": {
    headers: { "cdn-cache-control": 'max-age="600"', "cache-control": "max-age=60" },
    last: 59,
  },
  "RFC 9213 §2.2 an empty one is ignored": {
    headers: { "cdn-cache-control": "", "cache-control": "max-age=60" },
    last: 59,
  },
  ttl: { headers: {}, options: "{ ttl: 60s }", last: 59 },
  "ttl of the status": { headers: {}, status: 404, options: "{ ttl: { 404: 60s } }", last: 59 },
  "ttl not where the reply says it itself": {
    headers: { "cache-control": "max-age=10" },
    options: "{ ttl: 60s }",
    last: 9,
  },
  "ttl before a guess": { headers: { "last-modified": at(-6_000) }, options: "{ ttl: 60s }", last: 59 },
};

describe("RFC 9111 §4.2 fresh, to the second", () => {
  test.each(Object.entries(CASES))("%s", async (_, { headers, status, options, last }) => {
    await using world = await startWorld(options);
    world.answers({ headers, ...(status === undefined ? {} : { status }) });
    await world.ask();
    world.pass(Math.max(0, last));
    expect(await isAnsweredFromStore(world)).toBe(last >= 0);
    if (last < 0) return;
    world.pass(1);
    expect(await isAnsweredFromStore(world)).toBe(false);
  });
});

test("§4.2.3 the time that the service took counts as age", async () => {
  await using world = await startWorld();
  world.answers(() => {
    world.pass(50);
    return { headers: { "cache-control": "max-age=60", date: "" } };
  });
  await world.ask();
  world.pass(9);
  expect((await world.ask()).header("age")).toBe("59");
  world.pass(1);
  expect(await isAnsweredFromStore(world)).toBe(false);
});

test("§5.1 a stored reply has one Age, which grows, and keeps Date and Expires", async () => {
  await using world = await startWorld();
  const headers = { age: "30", date: at(-10), expires: at(600), "cache-control": "max-age=300" };
  world.answers({ headers });
  await world.ask();
  world.pass(2);
  expect((await world.ask()).all("age")).toEqual(["32"]);
  world.pass(100);
  const reply = await world.ask();
  expect([reply.all("age"), reply.all("date"), reply.all("expires")]).toEqual([
    ["132"],
    [headers.date],
    [headers.expires],
  ]);
  expect(reply.header("cache-status")).toBe("sluice; hit; ttl=168");
});

test("§3.1 a reply without Date is given that of its arrival", async () => {
  await using world = await startWorld();
  world.answers({ headers: { date: "", "cache-control": "max-age=60" } });
  const arrived = world.date();
  await world.ask();
  world.pass(10);
  const reply = await world.ask();
  expect([reply.header("date"), reply.header("age")]).toEqual([arrived, "10"]);
});
