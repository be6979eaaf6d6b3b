import { describe, expect, test } from "bun:test";
import { Body } from "../../src/message/body.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { Reply } from "../../src/message/reply.ts";
import { ManualSource } from "./manual-source.ts";

describe("making a reply", () => {
  test("json", async () => {
    const reply = Reply.json(201, { a: "\u00e9" }, { location: "/a", "X-Mine": "1" });
    expect(reply.status).toBe(201);
    expect(reply.headers.flat).toEqual(["content-type", "application/json", "location", "/a", "x-mine", "1"]);
    expect(await reply.body.json(100)).toEqual({ a: "\u00e9" });
    expect(reply.body.length).toBe(10);
    expect(reply.reason).toBeUndefined();
  });

  test("json with a type of its own", () => {
    const reply = Reply.json(200, 1, { "content-type": "application/vnd.api+json" });
    expect(reply.headers.getAll("content-type")).toEqual(["application/vnd.api+json"]);
  });

  test("text", async () => {
    const reply = Reply.text(200, "caf\u00e9");
    expect(reply.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await reply.body.text(100)).toBe("caf\u00e9");
  });

  test("nothing but a status", () => {
    expect(new Reply(204)).toMatchObject({ status: 204, body: Body.empty, reason: undefined });
    expect(new Reply(204).headers.size).toBe(0);
  });

  test("refuses a header that would start another line", () => {
    expect(() => Reply.json(200, 1, { a: "x\r\nb: y" })).toThrow(TypeError);
  });
});

describe("from a web response", () => {
  test("keeps status, headers and body, and each Set-Cookie by itself", async () => {
    const response = new Response("hello", { status: 418, headers: { "X-A": "1" } });
    response.headers.append("set-cookie", "a=1; Expires=Wed, 21 Oct 2065 07:28:00 GMT");
    response.headers.append("set-cookie", "b=2");
    const reply = Reply.from(response);
    expect(reply.status).toBe(418);
    expect(reply.headers.get("x-a")).toBe("1");
    expect(reply.headers.getAll("set-cookie")).toEqual(["a=1; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "b=2"]);
    expect(await reply.body.text(10)).toBe("hello");
  });

  test("leaves out what is about framing and the connection", () => {
    const response = new Response("hello", {
      headers: { "content-length": "99", "transfer-encoding": "chunked", connection: "close", etag: '"1"' },
    });
    const { headers } = Reply.from(response);
    for (const name of ["content-length", "transfer-encoding", "connection"]) expect(headers.has(name)).toBe(false);
    expect(headers.get("etag")).toBe('"1"');
  });

  test("without a body has none", () => {
    expect(Reply.from(new Response(null, { status: 304 })).body).toBe(Body.empty);
  });
});

describe("to a web response", () => {
  test("keeps status, headers and body", async () => {
    const reply = new Reply(
      203,
      new HeaderList(["x-a", "1", "x-a", "2", "set-cookie", "a", "set-cookie", "b"]),
      Body.of("hello"),
    );
    const response = reply.toResponse();
    expect(response.status).toBe(203);
    expect(response.headers.get("x-a")).toBe("1, 2");
    expect(response.headers.getSetCookie()).toEqual(["a", "b"]);
    expect(await response.text()).toBe("hello");
  });

  test.each([204, 304])("%p has no body, whatever there is", async (status) => {
    const response = new Reply(status, new HeaderList(), Body.of("hello")).toResponse();
    expect(response.body).toBeNull();
  });

  test("an empty one has none either", () => {
    expect(new Reply(200).toResponse().body).toBeNull();
  });

  test("takes the source of its body", async () => {
    const source = new ManualSource();
    const response = new Reply(200, new HeaderList(), Body.from(source)).toResponse();
    source.write("hel");
    source.write("lo");
    source.sink.end();
    expect(await response.text()).toBe("hello");
  });
});

test("a reply that is given up lets go of its source", () => {
  const source = new ManualSource();
  new Reply(200, new HeaderList(), Body.from(source)).discard();
  expect(source.calls).toEqual(["cancel client_closed"]);
  Reply.text(200, "x").discard();
});
