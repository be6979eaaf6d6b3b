import { expect, test } from "bun:test";
import { Elysia } from "elysia";
import { startAdmin } from "../../src/admin/listen.ts";
import { connect } from "../support/raw.ts";

const app = () => new Elysia().get("/", () => "x").post("/", ({ body }) => `${String(body).length}`, { parse: "text" });

test("a port of 0 is a free one, and stopping gives it back with its connections", async () => {
  const server = startAdmin(app(), { host: "127.0.0.1", port: 0 });
  expect(server.host).toBe("127.0.0.1");
  expect(server.port).toBeGreaterThan(0);
  using client = await connect(server.port);
  expect((await client.exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")).body.toString()).toBe("x");
  await server.stop();
  await client.waitForClosed();
  await expect(connect(server.port)).rejects.toThrow();
});

test("a port that is taken throws", async () => {
  const server = startAdmin(app(), { host: "127.0.0.1", port: 0 });
  expect(() => startAdmin(app(), { host: "127.0.0.1", port: server.port })).toThrow(
    expect.objectContaining({ code: "EADDRINUSE" }),
  );
  await server.stop();
});

test("a body over a megabyte is refused", async () => {
  const server = startAdmin(app(), { host: "127.0.0.1", port: 0 });
  const post = (size: number) =>
    fetch(`http://127.0.0.1:${server.port}/`, {
      method: "POST",
      body: "x".repeat(size),
      headers: { "content-type": "text/plain" },
    });
  expect((await post(1_000)).status).toBe(200);
  expect((await post(1_048_577)).status).toBe(413);
  await server.stop();
});
