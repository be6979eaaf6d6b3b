import { describe, expect, test } from "bun:test";
import { response } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import type { UpstreamConnection } from "../../support/upstream.ts";
import { type Ask, isAnsweredFromStore, type Origin, startWorld } from "./world.ts";

const HOUR = { "cache-control": "max-age=3600" };

interface Case {
  readonly reply: Origin;
  readonly request?: Ask;
  readonly options?: string;
}

/** Whether the second of two equal requests is answered from the store. */
async function isStored({ reply, request, options }: Case): Promise<boolean> {
  await using world = await startWorld(options);
  world.answers(reply);
  await world.ask(request);
  return await isAnsweredFromStore(world, request);
}

const STORED: Readonly<Record<string, Case>> = {
  "§3 a reply that says how long it is fresh": { reply: { headers: HOUR } },
  "§3 whatever its status": { reply: { status: 599, headers: HOUR } },
  "§3 an error": { reply: { status: 503, headers: HOUR } },
  "§3 a 204": { reply: { status: 204, headers: HOUR, body: "" } },
  "§3 a reply to a request with Cookie": { reply: { headers: HOUR }, request: { headers: { cookie: "a=b" } } },
  "§3.5 public, to a request with Authorization": {
    reply: { headers: { "cache-control": "public, max-age=60" } },
    request: { headers: { authorization: "Bearer x" } },
  },
  "§3.5 must-revalidate, to a request with Authorization": {
    reply: { headers: { "cache-control": "must-revalidate, max-age=60" } },
    request: { headers: { authorization: "Bearer x" } },
  },
  "§3.5 s-maxage, to a request with Authorization": {
    reply: { headers: { "cache-control": "s-maxage=60" } },
    request: { headers: { authorization: "Bearer x" } },
  },
  "§5.2.2.3 must-understand, with a status that is understood": {
    reply: { headers: { "cache-control": "no-store, must-understand, max-age=60" } },
  },
  "§5.2.2.7 private with field names": { reply: { headers: { "cache-control": 'private="x-user", max-age=60' } } },
  "§5.2.3 with an unknown directive": { reply: { headers: { "cache-control": 'x="no-store, private", max-age=60' } } },
  "RFC 9213 §2.2 by CDN-Cache-Control, against Cache-Control": {
    reply: { headers: { "cache-control": "no-store", "cdn-cache-control": "max-age=60" } },
  },
  "with Set-Cookie where the options say so": {
    reply: { headers: { ...HOUR, "set-cookie": "a=b" } },
    options: "{ set-cookie: true }",
  },
  "with Set-Cookie that no-cache names, without it": {
    reply: { headers: { "cache-control": 'no-cache="set-cookie", max-age=60', "set-cookie": "a=b" } },
  },
  "by ttl, without freshness of its own": { reply: {}, options: "{ ttl: 60s }" },
  "by the ttl of its status": { reply: { status: 404 }, options: "{ ttl: { 200: 60s, 404: 5s } }" },
};

const NOT_STORED: Readonly<Record<string, Case>> = {
  "§3 without freshness and a validator": { reply: {} },
  "§3 a status that is not cacheable by default, without freshness": {
    reply: { status: 500, headers: { "last-modified": "Mon, 01 Jan 2029 00:00:00 GMT" } },
  },
  "§3 to HEAD": { reply: { headers: HOUR }, request: { method: "HEAD" } },
  "§3 to OPTIONS": { reply: { headers: HOUR }, request: { method: "OPTIONS" } },
  "§3.5 to a request with Authorization": {
    reply: { headers: HOUR },
    request: { headers: { authorization: "Bearer x" } },
  },
  "§4.1 with Vary: *": { reply: { headers: { ...HOUR, vary: "accept, *" } } },
  "§5.2.1.5 to a request with no-store": {
    reply: { headers: HOUR },
    request: { headers: { "cache-control": "no-store" } },
  },
  "§5.2.2.3 must-understand, with a status that is not understood": {
    reply: { status: 599, headers: { "cache-control": "must-understand, max-age=60" } },
  },
  "§5.2.2.5 no-store": { reply: { headers: { "cache-control": "max-age=60, No-Store" } } },
  "§5.2.2.5 no-store on a second line": { reply: { headers: { "cache-control": ["max-age=60", "no-store"] } } },
  "§5.2.2.7 private": { reply: { headers: { "cache-control": "private, max-age=60" } } },
  "§5.2.2.7 private with names that cannot be read": {
    reply: { headers: { "cache-control": 'private="x, max-age=60' } },
  },
  "RFC 9213 §2.2 by CDN-Cache-Control, against Cache-Control": {
    reply: { headers: { "cache-control": "max-age=60", "cdn-cache-control": "no-store" } },
  },
  "RFC 9213 §2.2 by a CDN-Cache-Control that is no structured field": {
    reply: { headers: { "cache-control": "no-store", "cdn-cache-control": "max-age=60, &&" } },
  },
  "with Set-Cookie": { reply: { headers: { ...HOUR, "set-cookie": "a=b" } } },
  "longer than max-object": { reply: { headers: HOUR, body: "x".repeat(1_025) }, options: "{ max-object: 1kb }" },
  "by ttl, against no-store": { reply: { headers: { "cache-control": "no-store" } }, options: "{ ttl: 60s }" },
  "by ttl, against private": { reply: { headers: { "cache-control": "private" } }, options: "{ ttl: 60s }" },
  "by one ttl, an error": { reply: { status: 404 }, options: "{ ttl: 60s }" },
  "by ttl, to a request with Authorization": {
    reply: {},
    options: "{ ttl: 60s }",
    request: { headers: { authorization: "Basic x" } },
  },
  "with a body in the request": { reply: { headers: HOUR }, request: { body: "q" } },
  "by a request that bypasses": {
    reply: { headers: HOUR },
    options: '{ bypass: ["cookie:session"] }',
    request: { headers: { cookie: "session=1" } },
  },
};

describe("RFC 9111 stores", () => {
  test.each(Object.entries(STORED))("%s", async (_, one) => expect(await isStored(one)).toBe(true));
});

describe("RFC 9111 does not store", () => {
  test.each(Object.entries(NOT_STORED))("%s", async (_, one) => expect(await isStored(one)).toBe(false));
});

test("§3.1 stored fields are all but those of the connection and those that are withheld", async () => {
  await using world = await startWorld();
  const control = 'private="x-user", no-cache="x-trace", max-age=60';
  world.answers({
    headers: {
      "cache-control": control,
      connection: "x-hop, keep-alive",
      "x-hop": "1",
      "keep-alive": "timeout=5",
      "x-user": "ada",
      "x-trace": "t",
      "proxy-authentication-info": "x",
      "x-unknown": ["1", "2"],
    },
  });
  const first = await world.ask();
  expect([first.header("x-user"), first.header("x-trace"), first.header("x-hop")]).toEqual(["ada", "t", undefined]);
  const second = await world.ask();
  expect(second.header("cache-status")).toStartWith("sluice; hit");
  expect(second.all("x-unknown")).toEqual(["1", "2"]);
  expect(second.header("cache-control")).toBe(control);
  const missing = ["x-user", "x-trace", "x-hop", "keep-alive", "proxy-authentication-info"];
  expect(missing.map((name) => second.header(name))).toEqual(missing.map(() => undefined));
  expect([second.status, second.startLine, second.body.toString()]).toEqual([
    200,
    "HTTP/1.1 200 Some Reason",
    "content",
  ]);
});

test("§3.3 a reply that breaks off is not stored, and is not taken for whole", async () => {
  await using world = await startWorld();
  world.answers((_, connection) => {
    void connection
      .send(`HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ncontent-length: 10\r\n\r\nhalf`)
      .then(() => connection.close());
    return undefined;
  });
  await expect(world.ask()).rejects.toThrow();
  world.answers({ headers: HOUR, body: "whole" });
  expect((await world.ask()).body.toString()).toBe("whole");
  expect(world.asked).toHaveLength(2);
});

test("RFC 9110 §9.3.3 the answer to POST is stored for GET if its Content-Location is the URL", async () => {
  await using world = await startWorld();
  world.answers({ headers: { ...HOUR, "content-location": "/a?b" }, body: "posted" });
  await world.ask({ method: "POST", path: "/a?b", body: "x" });
  expect((await world.ask({ path: "/a?b" })).body.toString()).toBe("posted");
  await world.ask({ path: "/a" });
  expect(world.asked).toHaveLength(2);
});

test.each<[string, Record<string, string>, string]>([
  ["RFC 9111 §5.2.1.5 no-store", { "cache-control": "no-store" }, "{}"],
  ["Authorization (§3.5)", { authorization: "Bearer x" }, "{}"],
  ["what bypass names", { "x-preview": "1" }, '{ bypass: ["header:x-preview"] }'],
])("but not the answer to a POST with %s", async (_, headers, options) => {
  await using world = await startWorld(options);
  world.answers({ headers: { ...HOUR, "content-location": "/a" }, body: "posted" });
  await world.ask({ method: "POST", path: "/a", body: "x", headers });
  world.answers({ headers: HOUR, body: "asked for" });
  expect((await world.ask({ path: "/a" })).body.toString()).toBe("asked for");
});

test.each([
  ["/a", "asked for"],
  ["/b", "posted"],
])("nor one that a purge of it comes between: %s", async (purged, body) => {
  await using world = await startWorld('{ purge-from: ["127.0.0.1"] }');
  const held: UpstreamConnection[] = [];
  world.answers((_, connection) => {
    held.push(connection);
    return undefined;
  });
  const posted = world.ask({ method: "POST", path: "/a", body: "x" });
  await until(() => held.length === 1);
  await world.ask({ method: "PURGE", path: purged });
  const headers = [
    ["cache-control", "max-age=60"],
    ["content-location", "/a"],
  ] as const;
  void held[0]?.send(response("posted", { headers }));
  await posted;
  world.answers({ headers: HOUR, body: "asked for" });
  expect((await world.ask({ path: "/a" })).body.toString()).toBe(body);
});
