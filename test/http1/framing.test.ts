import { describe, expect, test } from "bun:test";
import { readFraming } from "../../src/http1/framing.ts";
import { refusal } from "./refusal.ts";

const framingOf = (...flat: string[]) => readFraming(flat, 1);

describe("Content-Length", () => {
  test.each([
    ["0", 0],
    ["5", 5],
    ["010", 10],
    ["00000000000000000005", 5],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])("%p is %p", (value, length) => {
    expect(framingOf("content-length", value).contentLength).toBe(length);
  });

  test("is undefined without the field", () => {
    expect(
      framingOf("content_length", "5", "content-type", "a/b", "content-lengtj", "7").contentLength,
    ).toBeUndefined();
  });

  test.each([
    "",
    "abc",
    "+5",
    "-1",
    "-48",
    "-0",
    "0x5",
    "0o5",
    "1_0",
    "1 0",
    "5Z",
    "5e0",
    "5.0",
    '"5"',
    "\xa05",
    "5\x85",
    "5,5",
    "5, 5",
    "Infinity",
    "NaN",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551621",
    "9".repeat(400),
  ])("refuses %p", (value) => {
    expect(refusal(() => framingOf("content-length", value))).toBe("bad_request");
  });

  test.each([
    ["different", "5", "10"],
    ["equal", "5", "5"],
    ["none and some", "0", "5"],
    ["none twice", "0", "0"],
    ["an empty and a good", "", "5"],
    ["a good and an empty", "5", ""],
  ])("refuses two lines: %s", (_, first, second) => {
    expect(refusal(() => framingOf("content-length", first, "a", "b", "content-length", second))).toBe("bad_request");
  });
});

describe("Transfer-Encoding", () => {
  test.each(["chunked", "CHUNKED", "Chunked"])("%p is chunked", (value) => {
    const framing = framingOf("transfer-encoding", value);
    expect(framing.isChunked).toBe(true);
    expect(framing.contentLength).toBeUndefined();
  });

  test("is not chunked without the field", () => {
    expect(framingOf("transfer_encoding", "chunked", "transfer-encodinh", "chunked").isChunked).toBe(false);
  });

  test.each(["", ",", ",chunked", "chunked,", "chunked, ,", "chunked, chunked", "chunked,\tchunked"])(
    "refuses %p, which is chunked in an odd way",
    (value) => {
      expect(refusal(() => framingOf("transfer-encoding", value))).toBe("bad_request");
    },
  );

  test.each([
    "pigeons",
    "xchunked",
    "chunk",
    "identity",
    "gzip, chunked",
    "chunked, gzip",
    "chunked, identity",
    "chunked;q=1",
    "chu nked",
    "cow chunked bar",
    '"chunked"',
    "\xa0chunked",
    "chunked\xa0",
    "\xa0chunked\x85",
    "chunked\x85",
    "chunked,\xa0",
  ])("does not know %p", (value) => {
    expect(refusal(() => framingOf("transfer-encoding", value))).toBe("not_implemented");
  });

  test.each([
    ["chunked", "chunked", "bad_request"],
    ["chunked", "identity", "bad_request"],
    ["chunked", "chunked-false", "bad_request"],
    ["gzip", "chunked", "not_implemented"],
  ])("refuses the two lines %p and %p", (first, second, code) => {
    expect(refusal(() => framingOf("transfer-encoding", first, "transfer-encoding", second))).toBe(code);
  });

  test("is refused beside Content-Length, in either order", () => {
    const [te, cl] = [
      ["transfer-encoding", "chunked"],
      ["content-length", "5"],
    ] as const;
    expect(refusal(() => framingOf(...te, ...cl))).toBe("bad_request");
    expect(refusal(() => framingOf(...cl, ...te))).toBe("bad_request");
    expect(refusal(() => framingOf("content-length", "0", ...te))).toBe("bad_request");
    expect(refusal(() => framingOf("transfer-encoding", "", ...cl))).toBe("bad_request");
    expect(refusal(() => framingOf("transfer-encoding", "xchunked", ...cl))).toBe("not_implemented");
  });

  test("is refused in HTTP/1.0, which has none", () => {
    expect(refusal(() => readFraming(["transfer-encoding", "chunked"], 0))).toBe("bad_request");
    expect(refusal(() => readFraming(["connection", "keep-alive", "transfer-encoding", "chunked"], 0))).toBe(
      "bad_request",
    );
  });
});

describe("Host and Expect", () => {
  test("are handed on as they came", () => {
    const framing = framingOf("host", "A.example:80", "expect", "100-Continue");
    expect(framing.host).toBe("A.example:80");
    expect(framing.expect).toBe("100-Continue");
    expect(framingOf("hosu", "a", "expecu", "b")).toMatchObject({ host: undefined, expect: undefined });
  });

  test("of two Host lines, also equal or empty ones, neither is believed", () => {
    expect(refusal(() => framingOf("host", "a", "host", "b"))).toBe("bad_request");
    expect(refusal(() => framingOf("host", "a", "host", "a"))).toBe("bad_request");
    expect(refusal(() => framingOf("host", "", "host", "a"))).toBe("bad_request");
  });

  test("two expectations are one list", () => {
    expect(framingOf("expect", "100-continue", "expect", "x").expect).toBe("100-continue,x");
  });
});

describe("Connection", () => {
  test.each([
    ["keep-alive", { hasClose: false, hasKeepAlive: true, hasUpgrade: false }],
    ["Keep-Alive", { hasClose: false, hasKeepAlive: true, hasUpgrade: false }],
    ["close", { hasClose: true, hasKeepAlive: false, hasUpgrade: false }],
    ["CLOSE", { hasClose: true, hasKeepAlive: false, hasUpgrade: false }],
    ["Upgrade", { hasClose: false, hasKeepAlive: false, hasUpgrade: true }],
    ["keep-alive,\tUpgrade , close", { hasClose: true, hasKeepAlive: true, hasUpgrade: true }],
    [", ,close,,", { hasClose: true, hasKeepAlive: false, hasUpgrade: false }],
    ["", { hasClose: false, hasKeepAlive: false, hasUpgrade: false }],
    ["closed", { hasClose: false, hasKeepAlive: false, hasUpgrade: false }],
    ["x close", { hasClose: false, hasKeepAlive: false, hasUpgrade: false }],
    ["\xa0close", { hasClose: false, hasKeepAlive: false, hasUpgrade: false }],
  ])("%p is read", (value, expected) => {
    expect(framingOf("connection", value)).toMatchObject(expected);
  });

  test("several lines are one list", () => {
    expect(framingOf("connection", "keep-alive", "a", "b", "connection", "close")).toMatchObject({
      hasClose: true,
      hasKeepAlive: true,
    });
  });

  test("what it names is removed, every line of it, and nothing else", () => {
    const flat = ["x-a", "1", "connection", "close, X-Secret , x-b", "x-secret", "2", "y", "3", "x-secret", "4"];
    readFraming(flat, 1);
    expect(flat).toEqual(["x-a", "1", "connection", "close, X-Secret , x-b", "y", "3"]);
  });

  test("what only another line names is removed too", () => {
    const flat = ["connection", "keep-alive", "x-secret", "1", "connection", "x-secret"];
    readFraming(flat, 1);
    expect(flat).toEqual(["connection", "keep-alive", "connection", "x-secret"]);
  });

  test("it cannot take away what frames and routes a message", () => {
    const kept = ["host", "a", "content-length", "5", "upgrade", "websocket"];
    const flat = ["connection", "host, content-length, connection, upgrade, transfer-encoding", ...kept];
    expect(readFraming(flat, 1)).toMatchObject({ host: "a", contentLength: 5, hasUpgrade: true });
    expect(flat.slice(2)).toEqual(kept);
    const chunked = ["transfer-encoding", "chunked", "connection", "transfer-encoding"];
    expect(readFraming(chunked, 1).isChunked).toBe(true);
    expect(chunked).toHaveLength(4);
  });

  test("nothing is removed without it", () => {
    const flat = ["close", "1", "keep-alive", "2", "connectiom", "close"];
    readFraming(flat, 1);
    expect(flat).toHaveLength(6);
  });
});
