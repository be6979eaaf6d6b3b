import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import redirect from "../../plugins/redirect.ts";
import type { TestRequest } from "../../src/testing.ts";
import { testPlugin } from "../../src/testing.ts";

/** Where a request on that route is sent. */
async function location(options: Record<string, unknown>, request: TestRequest = {}, path = "/*"): Promise<string> {
  const t = await testPlugin(redirect, options, { route: { name: "test", path } });
  const { reply, outcome } = await t.request(request);
  expect(outcome.attempts).toBe(0);
  return reply.headers.get("location") ?? "";
}

describe("where it goes", () => {
  test("a path, an absolute URL, and one without a path", async () => {
    expect(await location({ to: "/new" })).toBe("/new");
    expect(await location({ to: "https://example.com:8443/new#part" })).toBe("https://example.com:8443/new#part");
    expect(await location({ to: "http://[::1]:80/" })).toBe("http://[::1]:80/");
    expect(await location({ to: "https://example.com" })).toBe("https://example.com/");
  });

  test("parameters and the rest, in path and query", async () => {
    const params = { id: "7", "*": "a/b" };
    expect(await location({ to: "/u/:id/x/*?from=:id" }, { params }, "/users/:id/*")).toBe("/u/7/x/a/b?from=7");
    expect(await location({ to: "https://example.com/*" }, { params }, "*")).toBe("https://example.com/a/b");
  });

  test("groups of a regular expression, a missing one is empty", async () => {
    const params = { "1": "2024", slug: "hello" };
    const to = "/posts/$1/$<slug>/:slug$2";
    expect(await location({ to }, { params }, "~^/(\\d+)/(?<slug>\\w+)")).toBe("/posts/2024/hello/hello");
  });

  test("https is redirected as http is, without a scheme in the options", async () => {
    expect(await location({ to: "/new" }, { scheme: "https" })).toBe("/new");
  });

  test("a sign written twice is that sign", async () => {
    expect(await location({ to: "/a::b/$$1?t=12::30" }, {}, "/users")).toBe("/a:b/$1?t=12:30");
  });

  test("the query goes along, behind the one in `to`, unless it should not", async () => {
    const request = { path: "/old?a=1&b=%20" };
    expect(await location({ to: "/new" }, request)).toBe("/new?a=1&b=%20");
    expect(await location({ to: "/new?x=y#z" }, request)).toBe("/new?x=y&a=1&b=%20#z");
    expect(await location({ to: "/new?" }, request)).toBe("/new?a=1&b=%20");
    expect(await location({ to: "/new?x=y", "keep-query": false }, request)).toBe("/new?x=y");
    expect(await location({ to: "/new" }, { path: "/old?" })).toBe("/new");
  });

  test("text beyond ASCII is encoded", async () => {
    expect(await location({ to: "/café/:x" }, { params: { x: "%C3%A9" } }, "/:x")).toBe("/caf%C3%A9/%C3%A9");
  });

  test("308 unless another status is given; the reply has no body", async () => {
    const t = await testPlugin(redirect, { to: "/new" });
    const { reply } = await t.request();
    expect(reply.status).toBe(308);
    expect(reply.body.isEmpty).toBe(true);
    for (const status of [301, 302, 303, 307, 308]) {
      const other = await testPlugin(redirect, { to: "/new", status });
      expect((await other.request()).reply.status).toBe(status);
    }
  });
});

describe("scheme: https", () => {
  const options = { scheme: "https" };

  test("http goes to https on the same host, with path and query, without the port", async () => {
    const request = { host: "shop.example.com:8080", path: "/a/b?c=d" };
    expect(await location(options, request)).toBe("https://shop.example.com/a/b?c=d");
    expect(await location(options, { host: "[::1]", path: "/" })).toBe("https://[::1]/");
    expect(await location({ ...options, "keep-query": false }, request)).toBe("https://shop.example.com/a/b");
  });

  test("https passes", async () => {
    const t = await testPlugin(redirect, options);
    const { reply, outcome } = await t.request({ scheme: "https" });
    expect(reply.status).toBe(200);
    expect(outcome.attempts).toBe(1);
  });

  test("with `to`, http alone goes there", async () => {
    expect(await location({ ...options, to: "https://example.com:8443/*" }, { params: { "*": "x" } })).toBe(
      "https://example.com:8443/x",
    );
  });

  test("a path that looks like another host stays a path", async () => {
    expect(await location(options, { host: "a.test", path: "//evil.test/\\x" })).toBe("https://a.test//evil.test/%5Cx");
  });

  test("without a host it is 400", async () => {
    const t = await testPlugin(redirect, options);
    expect((await t.request({ host: "", headers: { host: "" } })).reply.status).toBe(400);
  });
});

describe("parameters never lead elsewhere", () => {
  test.each([
    ["/*", "/evil.test"],
    ["/*", "//evil.test/x"],
    ["/*", "\\evil.test"],
    ["/*", "/\\evil.test"],
    ["/:x", "/evil.test"],
    ["/:x*", "\t//evil.test"],
  ])("%s with %j", async (to, value) => {
    const params = { "*": value, x: value };
    const route = to === "/:x" ? "/:x" : "/:x/*";
    const url = new URL(await location({ to }, { params }, route), "https://shop.test/a");
    expect(url.host).toBe("shop.test");
  });

  test("no value changes origin, query or fragment, nor starts a header", async () => {
    const relative = await testPlugin(redirect, { to: "/*" });
    const absolute = await testPlugin(redirect, { to: "https://example.com/*?q=*" });
    const text = fc.string({ unit: fc.constantFrom(..."/\\?#&=+;:@.%2f\"'<> \t\r\n\0aé日") });
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const request = { params: { "*": value } };
        const near = (await relative.request(request)).reply.headers.get("location") ?? "";
        expect(near).toMatch(/^[\x21-\x7e]+$/);
        const nearUrl = new URL(near, "https://shop.test");
        expect([nearUrl.origin, nearUrl.search, nearUrl.hash]).toEqual(["https://shop.test", "", ""]);
        const far = (await absolute.request(request)).reply.headers.get("location") ?? "";
        const farUrl = new URL(far);
        expect([farUrl.origin, farUrl.hash]).toEqual(["https://example.com", ""]);
        expect([...farUrl.searchParams.keys()]).toEqual(["q"]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("what is refused at load", () => {
  test("neither `to` nor scheme", async () => {
    await expect(testPlugin(redirect)).rejects.toThrow("give to, or scheme: https");
  });

  test.each([
    "new",
    "//evil.test/x",
    "/\\evil.test",
    "/a\\b",
    "ftp://example.com/",
    "javascript:alert(1)",
    "https://",
    "https:///x",
    "https://:tenant.example.com/",
    "https://example.com*",
    "https://user@example.com/",
    "https://example.com:port/",
    "/a b",
    "/a\r\nset-cookie: x=1",
    "?a=b",
    "#a",
    "",
  ])("to: %j", async (to) => {
    await expect(testPlugin(redirect, { to })).rejects.toThrow("to: expected a path");
  });

  test("a parameter that the route's path does not have", async () => {
    const on = (path: string, to: string) => testPlugin(redirect, { to }, { route: { name: "test", path } });
    await expect(on("/users/:id", "/u/:name")).rejects.toThrow('to: the route\'s path has no parameter "name"');
    await expect(on("/users/:id", "/u/*")).rejects.toThrow("to: the route's path has no *");
    await expect(on("/users", "/u?x=:id")).rejects.toThrow('no parameter "id"');
    await expect(on("~^/(a)", "/$2")).rejects.toThrow('no parameter "2"');
    await expect(on("~^/(a)", "/:index")).rejects.toThrow('no parameter "index"');
  });

  test("another status, another scheme", async () => {
    await expect(testPlugin(redirect, { to: "/", status: 300 })).rejects.toThrow(
      "status: expected 301, 302, 303, 307 or 308",
    );
    await expect(testPlugin(redirect, { scheme: "http" })).rejects.toThrow("scheme: expected https");
  });
});
