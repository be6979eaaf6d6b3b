import { expect, test } from "bun:test";
import { TRIES, type Try } from "../../examples/shop/tries.ts";
import { curlFor, run } from "../../examples/shop/try.ts";

const origins = { public: "http://127.0.0.1:8080", admin: "http://127.0.0.1:9090" };

test("a try is printed as a curl that a shell reads as one word each", () => {
  expect(curlFor({ title: "", path: "/a?b=1&c=2", status: 200 }, origins)).toBe(
    "curl -i 'http://127.0.0.1:8080/a?b=1&c=2'",
  );
  expect(curlFor({ title: "", method: "DELETE", path: "/a", status: 405, port: "admin" }, origins)).toBe(
    "curl -i -X DELETE 'http://127.0.0.1:9090/a'",
  );
  expect(curlFor({ title: "", path: "/a", status: 200, isEndless: true }, origins)).toStartWith("curl -iN ");
  const name = { title: "", method: "POST", path: "/a", body: { name: "O'Hara" }, status: 201 };
  expect(curlFor(name, origins)).toContain(`-d '{"name":"O'\\''Hara"}'`);
});

test("every body is sent by POST, which is what curl does with one", () => {
  for (const attempt of TRIES) if (attempt.body !== undefined) expect(attempt.method).toBe("POST");
});

test("a reply is held to its status, its headers and its text", async () => {
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => new Response(`got ${await request.text()}`, { status: 201, headers: { "x-a": "one" } }),
  });
  const here = { public: server.url.origin, admin: "http://127.0.0.1:1" };
  const good: Try = {
    title: "",
    method: "POST",
    path: "/",
    body: { a: 1 },
    status: 201,
    has: '{"a":1}',
    headers: { "x-a": "one" },
  };
  expect(await run(good, here)).toBeUndefined();
  expect(await run({ ...good, status: 200 }, here)).toContain("expected status 200, got 201");
  expect(await run({ ...good, has: "nothing of it" }, here)).toContain("nothing of it");
  expect(await run({ ...good, headers: { "x-a": "two" } }, here)).toBe("expected x-a: two, got one");
  expect(await run({ ...good, headers: { "x-b": "two" } }, here)).toContain("got null");
  expect(await run({ ...good, port: "admin" }, here)).toBeString();
});

test("an endless reply is read until the text arrives", async () => {
  const body = () =>
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("event: a\n\n")),
    });
  using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(body()) });
  const attempt = { title: "", path: "/", status: 200, has: "event: a", isEndless: true };
  expect(await run(attempt, { public: server.url.origin, admin: "" })).toBeUndefined();
});
