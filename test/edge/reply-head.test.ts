import { afterEach, describe, expect, setSystemTime, test } from "bun:test";
import { connectionField, interimHead, writeReplyHead } from "../../src/edge/reply-head.ts";
import { headBuffer } from "../../src/http1/head-buffer.ts";
import { parseResponseHead } from "../../src/http1/response-head.ts";
import type { WriteFraming } from "../../src/http1/writer.ts";
import { Body } from "../../src/message/body.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { Reply } from "../../src/message/reply.ts";
import { composedText } from "../http1/composed.ts";
import { ManualSource } from "../message/manual-source.ts";

afterEach(() => {
  setSystemTime();
});

/** Without what the connection adds. */
const replyHead = (reply: Reply, framing: WriteFraming, method: string): string => {
  writeReplyHead(headBuffer, reply, framing, method, "");
  return composedText();
};
const replyOf = (status: number, flat: string[] = [], body: Body = Body.empty, reason?: string) =>
  new Reply(status, new HeaderList(flat), body, reason);
/** The lines of a head, the date's value left out. */
const linesOf = (head: string) =>
  head
    .replace(/date: [^\r]*GMT/, "date")
    .split("\r\n")
    .slice(0, -1);

describe("replyHead", () => {
  test("has the status line, the fields as they are, and the length", () => {
    const flat = ["set-cookie", "a=1", "x", "caf\xe9", "set-cookie", "b=2"];
    expect(linesOf(replyHead(replyOf(200, flat, Body.of("hello")), "length", "GET"))).toEqual([
      "HTTP/1.1 200 OK",
      "set-cookie: a=1",
      "x: caf\xe9",
      "set-cookie: b=2",
      "date",
      "content-length: 5",
    ]);
  });

  test.each([
    [404, undefined, "HTTP/1.1 404 Not Found"],
    [499, undefined, "HTTP/1.1 499 "],
    [200, "Fine", "HTTP/1.1 200 Fine"],
    [200, "", "HTTP/1.1 200 "],
  ])("%p with reason %p: %s", (status, reason, line) => {
    expect(replyHead(replyOf(status, [], Body.empty, reason), "length", "GET").split("\r\n")[0]).toBe(line);
  });

  test("leaves out what is about the upstream's connection, and its framing", () => {
    const names = ["connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "trailer", "te"];
    const flat = [...names, "proxy-authenticate", "proxy-connection"].flatMap((name) => [name, "99"]);
    expect(linesOf(replyHead(replyOf(200, flat, Body.of("hello")), "length", "GET"))).toEqual([
      "HTTP/1.1 200 OK",
      "date",
      "content-length: 5",
    ]);
  });

  test.each([
    ["length", "content-length: 0"],
    ["chunked", "transfer-encoding: chunked"],
  ] as const)("with framing %s: %s", (framing, line) => {
    expect(linesOf(replyHead(replyOf(200), framing, "GET")).at(-1)).toBe(line);
  });

  test("of a body that ends with the connection says nothing of its length", () => {
    const head = replyHead(replyOf(200, [], Body.from(new ManualSource())), "close", "GET");
    expect(linesOf(head)).toEqual(["HTTP/1.1 200 OK", "date"]);
  });
});

describe("the length of a reply that has no body (RFC 9110 §8.6)", () => {
  const framing = (reply: Reply, method: string) =>
    linesOf(replyHead(reply, "none", method)).filter((line) => line.startsWith("content-length"));

  test("to HEAD is the one that the upstream told", () => {
    expect(framing(replyOf(200, ["content-length", "5"]), "HEAD")).toEqual(["content-length: 5"]);
  });

  test("to HEAD is that of the gateway's own body", () => {
    expect(framing(replyOf(404, [], Body.of("hello")), "HEAD")).toEqual(["content-length: 5"]);
  });

  test("to HEAD is not made up", () => {
    expect(framing(replyOf(200), "HEAD")).toEqual([]);
    expect(framing(replyOf(200, [], Body.from(new ManualSource())), "HEAD")).toEqual([]);
  });

  test("of a 304 is what the upstream told, if it did", () => {
    expect(framing(replyOf(304, ["content-length", "5"]), "GET")).toEqual(["content-length: 5"]);
    expect(framing(replyOf(304), "GET")).toEqual([]);
  });

  test.each(["GET", "HEAD"])("of a 204 to %s is not there", (method) => {
    expect(framing(replyOf(204, ["content-length", "0"]), method)).toEqual([]);
  });
});

describe("Date (RFC 9110 §6.6.1)", () => {
  const dateOf = (flat: string[] = []) =>
    /date: ([^\r]*)\r\n/.exec(replyHead(replyOf(200, flat), "length", "GET"))?.[1];

  test("is now, second by second", () => {
    setSystemTime(new Date("2031-02-03T04:05:06.900Z"));
    expect(dateOf()).toBe("Mon, 03 Feb 2031 04:05:06 GMT");
    setSystemTime(new Date("2031-02-03T04:05:07.000Z"));
    expect(dateOf()).toBe("Mon, 03 Feb 2031 04:05:07 GMT");
  });

  test("of the upstream stays", () => {
    const head = replyHead(replyOf(200, ["date", "Sun, 06 Nov 1994 08:49:37 GMT"]), "length", "GET");
    expect(head.match(/date: /g)).toHaveLength(1);
    expect(head).toContain("date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  });
});

describe("connectionField", () => {
  test.each([
    [true, 1, "connection: close\r\n\r\n"],
    [true, 0, "connection: close\r\n\r\n"],
    [false, 1, "\r\n"],
    [false, 0, "connection: keep-alive\r\n\r\n"],
  ])("closing %p in HTTP/1.%p", (isClosing, minorVersion, expected) => {
    expect(connectionField(isClosing, minorVersion)).toBe(expected);
  });

  test("completes a head that a strict parser takes", () => {
    const head = replyHead(replyOf(200, ["x", "1"], Body.of("hello")), "length", "GET") + connectionField(true, 1);
    const { status, framing, headers } = parseResponseHead(head, 10);
    expect({ status, length: framing.contentLength, hasClose: framing.hasClose }).toEqual({
      status: 200,
      length: 5,
      hasClose: true,
    });
    expect(headers.get("x")).toBe("1");
  });
});

describe("interimHead", () => {
  test("has status, reason and fields, and no more", () => {
    const headers = new HeaderList(["link", "</a.css>", "connection", "close", "content-length", "5", "link", "</b>"]);
    expect(interimHead(103, "Early Hints", headers)).toBe(
      "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\nlink: </b>\r\n\r\n",
    );
  });

  test("finds a reason where there is none", () => {
    expect(interimHead(102, "", new HeaderList())).toBe("HTTP/1.1 102 Processing\r\n\r\n");
    expect(interimHead(199, "", new HeaderList())).toBe("HTTP/1.1 199 \r\n\r\n");
  });
});
