import { describe, expect, test } from "bun:test";
import { isAnsweredFromStore, type Origin, startWorld } from "./world.ts";

const HOUR: Origin = { headers: { "cache-control": "max-age=3600" } };

/** Stores `/a`, sends a request to `/b`, and tells whether `/a` is still answered from the store. */
async function survives(stored: string, method: string, path: string, answer: Origin): Promise<boolean> {
  await using world = await startWorld();
  world.answers(HOUR);
  await world.ask({ path: stored });
  world.answers(answer);
  await world.ask({ method, path, body: "x" });
  world.answers(HOUR);
  return await isAnsweredFromStore(world, { path: stored });
}

describe("RFC 9111 §4.4", () => {
  test.each(["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"])(
    "%s makes what is stored for its URL invalid",
    async (method) => {
      expect(await survives("/a", method, "/a", { status: 204, body: "" })).toBe(false);
      expect(await survives("/a", method, "/a", { status: 303 })).toBe(false);
      expect(await survives("/a", method, "/a", { status: 500 })).toBe(true);
      expect(await survives("/a", method, "/a", { status: 404 })).toBe(true);
      expect(await survives("/a", method, "/b", { status: 200 })).toBe(true);
      expect(await survives("/a", method, "/a?x", { status: 200 })).toBe(true);
    },
  );

  test.each(["OPTIONS", "REPORT"])("%s is safe", async (method) => {
    expect(await survives("/a", method, "/a", { status: 200 })).toBe(true);
  });

  test.each(["location", "content-location"])("%s names another URL", async (name) => {
    const answer = (value: string): Origin => ({ status: 201, headers: { [name]: value } });
    expect(await survives("/x/a?q", "POST", "/x/b", answer("a?q"))).toBe(false);
    expect(await survives("/a", "POST", "/b", answer("/a"))).toBe(false);
    expect(await survives("/a", "POST", "/b", answer("http://shop.test/a"))).toBe(false);
    expect(await survives("/a", "POST", "/b", answer("http://other.test/a"))).toBe(true);
    expect(await survives("/a", "POST", "/b", answer("https://shop.test/a"))).toBe(true);
    expect(await survives("/a", "POST", "/b", { status: 500, headers: { [name]: "/a" } })).toBe(true);
    expect(await survives("/a", "POST", "/b", answer("http://["))).toBe(true);
  });

  test("holds for all variants, and for another route's replies", async () => {
    await using world = await startWorld(
      "{ key: { query: [page] } }",
      `  - path: /*
    methods: [POST]
    service: s
    plugins:
      cache: {}
`,
    );
    world.answers({ headers: { "cache-control": "max-age=60", vary: "foo" } });
    const request = (foo: string) => ({ path: "/a?page=1&utm=2", headers: { foo } });
    await world.ask(request("1"));
    await world.ask(request("2"));
    await world.ask({ method: "POST", path: "/a?page=1&utm=2", body: "x" });
    expect(await isAnsweredFromStore(world, request("1"))).toBe(false);
    expect(await isAnsweredFromStore(world, request("2"))).toBe(false);
  });
});

test("§4.4 a Location that the service knows without the route's prefix", async () => {
  await using world = await startWorld(
    "{}",
    `  - path: /api/*
    strip-prefix: /api
    service: s
    plugins:
      cache: {}
`,
  );
  world.answers(HOUR);
  await world.ask({ path: "/api/items/1" });
  world.answers({ status: 201, headers: { location: "/items/1" } });
  await world.ask({ method: "POST", path: "/api/items", body: "x" });
  expect(await isAnsweredFromStore(world, { path: "/api/items/1" })).toBe(false);
});

test("RFC 9110 §4.2.3 the port that a scheme has by itself makes no other URL, neither for requests nor for what is invalid", async () => {
  await using world = await startWorld();
  world.answers(HOUR);
  await world.ask({ path: "/a", host: "shop.test:80" });
  expect(await isAnsweredFromStore(world, { path: "/a", host: "shop.test" })).toBe(true);
  await world.ask({ method: "POST", path: "/a", host: "shop.test", body: "x" });
  expect(await isAnsweredFromStore(world, { path: "/a", host: "shop.test:80" })).toBe(false);
  expect(await isAnsweredFromStore(world, { path: "/a", host: "shop.test:443" })).toBe(false);
  expect(await isAnsweredFromStore(world, { path: "/a", host: "shop.test:8080" })).toBe(false);
});
