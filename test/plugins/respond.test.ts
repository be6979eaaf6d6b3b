import { describe, expect, test } from "bun:test";
import respond from "../../plugins/respond.ts";
import { testPlugin } from "../../src/testing.ts";

async function replyTo(options: Record<string, unknown>) {
  const t = await testPlugin(respond, options);
  const { reply, outcome } = await t.request();
  expect(outcome.attempts).toBe(0);
  return { status: reply.status, headers: [...reply.headers], body: await reply.body.text(1_000) };
}

test("text, with its type", async () => {
  expect(await replyTo({ body: "Grüße" })).toEqual({
    status: 200,
    headers: [["content-type", "text/plain; charset=utf-8"]],
    body: "Grüße",
  });
});

test("any JSON, null and false too", async () => {
  expect(await replyTo({ status: 201, json: { id: 1, tags: ["a", null] } })).toEqual({
    status: 201,
    headers: [["content-type", "application/json"]],
    body: '{"id":1,"tags":["a",null]}',
  });
  expect((await replyTo({ json: null })).body).toBe("null");
  expect((await replyTo({ json: false })).body).toBe("false");
});

test("a status alone has no body and no type", async () => {
  expect(await replyTo({ status: 204 })).toEqual({ status: 204, headers: [], body: "" });
  expect(await replyTo({})).toEqual({ status: 200, headers: [], body: "" });
});

test("headers, their names in any case", async () => {
  const { headers } = await replyTo({ status: 503, headers: { "Retry-After": "120", "X-A": "b" } });
  expect(headers).toEqual([
    ["retry-after", "120"],
    ["x-a", "b"],
  ]);
});

test("the type may be given, either way", async () => {
  const html = [["content-type", "text/html"]];
  expect((await replyTo({ body: "<p>", "content-type": "text/html" })).headers).toEqual(html as never);
  expect((await replyTo({ body: "<p>", headers: { "Content-Type": "text/html" } })).headers).toEqual(html as never);
});

test("every request gets a reply of its own: what is done to one is not done to the next", async () => {
  const t = await testPlugin(respond, { body: "hello", headers: { "x-a": "1" } });
  const first = await t.request();
  first.reply.headers.set("x-a", "changed");
  first.reply.status = 500;
  const second = await t.request();
  expect(second.reply.status).toBe(200);
  expect(second.reply.headers.get("x-a")).toBe("1");
  expect(await second.reply.body.text(100)).toBe("hello");
});

test("it answers after everyone who may refuse", async () => {
  const t = await testPlugin(respond);
  expect(Object.keys(t.phases)).toEqual(["cache", "explain"]);
  expect(respond.answers).toBe(true);
});

describe("what is refused at load", () => {
  test("body and json together", async () => {
    await expect(testPlugin(respond, { body: "a", json: 1 })).rejects.toThrow("give body or json, not both");
  });

  test.each([204, 205, 304])("a body with %d", async (status) => {
    await expect(testPlugin(respond, { status, body: "a" })).rejects.toThrow(`a reply of status ${status} has no body`);
    await expect(testPlugin(respond, { status, json: {} })).rejects.toThrow(`a reply of status ${status} has no body`);
  });

  test.each([100, 199, 600, 200.5, "200"])("the status %j", async (status) => {
    await expect(testPlugin(respond, { status })).rejects.toThrow("status: expected a whole number from 200 to 599");
  });

  test("headers of the connection, twice the same, and values that would break out", async () => {
    const of = (headers: Record<string, string>) => testPlugin(respond, { headers });
    await expect(of({ "Content-Length": "3" })).rejects.toThrow("headers: content-length is set by the gateway itself");
    await expect(of({ "Transfer-Encoding": "chunked" })).rejects.toThrow("transfer-encoding is set by the gateway");
    await expect(of({ "X-A": "1", "x-a": "2" })).rejects.toThrow("headers: x-a is here twice");
    await expect(of({ "x-a": "1\r\nx-b: 2" })).rejects.toThrow("invalid value for header x-a");
    await expect(of({ "x a": "1" })).rejects.toThrow("invalid header name");
    await expect(testPlugin(respond, { body: "a", "content-type": "a\nb" })).rejects.toThrow("invalid value");
  });
});
