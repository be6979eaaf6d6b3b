import { describe, expect, test } from "bun:test";
import { isHeadOnly, isSentWhole, refusalResponse, responseOf } from "../../src/edge/serve-reply.ts";
import { Body } from "../../src/message/body.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { Reply } from "../../src/message/reply.ts";

const fields = (...flat: string[]) => new HeaderList(flat);

describe("a web response of a reply", () => {
  test("has its status and its fields, two Set-Cookie as two", () => {
    const reply = new Reply(201, fields("set-cookie", "a=1", "x-a", "caf\xe9", "set-cookie", "b=2"));
    const response = responseOf(reply, "GET", undefined);
    expect([response.status, response.headers.get("x-a")]).toEqual([201, "caf\xe9"]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  test("has nothing that is about a connection", () => {
    const reply = new Reply(
      200,
      fields("connection", "close", "keep-alive", "timeout=5", "te", "trailers", "x-a", "1"),
    );
    expect([...responseOf(reply, "GET", undefined).headers]).toEqual([["x-a", "1"]]);
  });

  test.each([
    [204, "GET", "5", null],
    [304, "GET", "5", "5"],
    [200, "HEAD", "5", "5"],
  ])("of status %d to %s has the length that RFC 9110 §8.6 gives it", (status, method, length, expected) => {
    const reply = new Reply(status, fields("content-length", length));
    expect(responseOf(reply, method, undefined).headers.get("content-length")).toBe(expected);
  });

  test("to HEAD has the length of what is in memory, and not the bytes", async () => {
    const response = refusalResponse(new Reply(400, fields(), Body.of("hello")), "HEAD");
    expect([response.headers.get("content-length"), await response.text()]).toEqual(["5", ""]);
  });
});

test.each([
  [200, "GET", false],
  [205, "GET", true],
  [204, "GET", true],
  [304, "GET", true],
  [200, "HEAD", true],
])("whether %d to %s ends with its head", (status, method, expected) => {
  expect(isHeadOnly(new Reply(status), method)).toBe(expected);
});

test("bytes go to Bun in one piece if they are few, and nothing would be made up for them", () => {
  const typed = new Reply(200, fields("content-type", "a/b"));
  expect(isSentWhole(typed, new Uint8Array(65_536))).toBe(true);
  expect(isSentWhole(typed, new Uint8Array(65_537))).toBe(false);
  expect(isSentWhole(new Reply(200), new Uint8Array(1))).toBe(false);
  expect(isSentWhole(new Reply(200), new Uint8Array(0))).toBe(true);
});
