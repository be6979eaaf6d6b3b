import { describe, expect, test } from "bun:test";
import { ChunkedDecoder } from "../../src/http1/chunked.ts";
import { decodePieces, everyCut } from "./chunked-body.ts";
import { refusal } from "./refusal.ts";

/** Every way to cut the body leads to the same refusal. */
function refusalOfCuts(body: string): string | undefined {
  const codes = new Set(everyCut(body).map((pieces) => refusal(() => decodePieces(pieces))));
  expect(codes.size).toBe(1);
  return [...codes][0];
}

describe("ChunkedDecoder", () => {
  test.each([
    ["one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"],
    ["several chunks", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"],
    ["no content", "0\r\n\r\n", ""],
    ["capital digits", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"],
    ["small digits", "a\r\n0123456789\r\n0\r\n\r\n", "0123456789"],
    ["leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "hello"],
    ["an extension", "5;a=b\r\nhello\r\n0;c\r\n\r\n", "hello"],
    ["a quoted extension", '5;a="x;y \\"z\\""\r\nhello\r\n0\r\n\r\n', "hello"],
    ["a quoted extension that ends in a backslash, quoted", '5;a="x\\\\";b\r\nhello\r\n0\r\n\r\n', "hello"],
    ["blanks before an extension", "5 \t;a\r\nhello\r\n0 ;b\r\n\r\n", "hello"],
    ["blanks in extensions", '5; a\t= b ;c ; d = "e" ;f\r\nhello\r\n0\r\n\r\n', "hello"],
    ["octets beyond ASCII in quotes", '5;a="\xe9\\\xe9\t"\r\nhello\r\n0\r\n\r\n', "hello"],
    ["line ends as content", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"],
    ["content that looks like a last chunk", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"],
  ])("decodes %s, cut anywhere", (_, body, content) => {
    for (const pieces of everyCut(body)) {
      const decoded = decodePieces(pieces);
      expect(decoded.content).toBe(content);
      expect(decoded).toMatchObject({ ends: 1, trailers: undefined, end: body.length });
    }
  });

  test("hands trailers over, apart from the content", () => {
    const body = "5\r\nhello\r\n0\r\nX-T: 1\r\nContent-Length: 50\r\nx-t: 2 \r\n\r\n";
    for (const pieces of everyCut(body)) {
      const { content, trailers, end } = decodePieces(pieces);
      expect(content).toBe("hello");
      expect(trailers?.flat).toEqual(["x-t", "1", "content-length", "50", "x-t", "2"]);
      expect(end).toBe(body.length);
    }
  });

  test("stops at the end of the body, and takes nothing of what follows", () => {
    const body = "5\r\nhello\r\n0\r\n\r\n";
    expect(decodePieces([`${body}GET / HTTP/1.1\r\n\r\n`])).toMatchObject({ end: body.length, ends: 1 });
    expect(decodePieces([`${body}\r\n`])).toMatchObject({ end: body.length, ends: 1 });
  });

  test("begins where it is told to, and takes nothing once the body has ended", () => {
    let ends = 0;
    const decoder = new ChunkedDecoder({ onChunk: () => undefined, onEnd: () => ends++ });
    const bytes = Buffer.from("POST0\r\n\r\n0\r\n\r\n");
    expect(decoder.decode(bytes, 4)).toBe(9);
    expect(decoder.decode(bytes, 9)).toBe(9);
    expect(ends).toBe(1);
  });

  test("does not end early", () => {
    const body = "5\r\nhello\r\n0\r\n\r\n";
    for (let length = 0; length < body.length; length++) {
      expect(decodePieces([body.slice(0, length)])).toMatchObject({ ends: 0, end: length });
    }
  });

  test("hands a piece on as it is where that is all content, without copying", () => {
    const content: Uint8Array[] = [];
    const decoder = new ChunkedDecoder({ onChunk: (data) => content.push(data), onEnd: () => undefined });
    decoder.decode(Buffer.from("a\r\n"), 0);
    const piece = Buffer.from("hello");
    decoder.decode(piece, 0);
    expect(content[0]).toBe(piece);
  });

  test.each([
    ["a plus", "+5\r\nhello\r\n0\r\n\r\n"],
    ["a sign and a prefix", "-0x0\r\n\r\nGET /s"],
    ["a sign on the last chunk", "+0\r\n\r\nGET /s"],
    ["a prefix", "0x5\r\nhello\r\n0\r\n\r\n"],
    ["an underscore", "1_0\r\nhello world!!!!!\r\n0\r\n\r\n"],
    ["a blank before it", " 5\r\nhello\r\n0\r\n\r\n"],
    ["a blank behind it", "5 \r\nhello\r\n0\r\n\r\n"],
    ["a tab behind it", "5\t\r\nhello\r\n0\r\n\r\n"],
    ["no digit", "\r\n\r\nGET /s"],
    ["only an extension", ";a=b\r\nhello\r\n0\r\n\r\n"],
    ["digits, then letters", "5these-bytes\r\nhello\r\n0\r\n\r\n"],
    ["no hex digit", "Z\r\nZZ\r\nGET /s"],
    ["octets beside the digits of ASCII", "G\r\n"],
    ["a colon", ":\r\n"],
    ["a backquote", "`\r\n"],
    ["an at sign", "@\r\n"],
    ["a control character that is a digit with a bit less", "\x15\r\n"],
    ["a full stop", "5.0\r\nhello"],
    ["2^64+5, which must not wrap", "10000000000000005\r\nhello\r\n0\r\n\r\n"],
    ["2^64-1", "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"],
    ["2^48", "1000000000000\r\nhello"],
    ["LF for its end", "5\nhello\r\n0\r\n\r\n"],
    ["CR for its end", "5\rhello\r\n0\r\n\r\n"],
    ["CR and another octet for its end", "5\rXhello\r\n0\r\n\r\n"],
    ["two CR before LF", "5\r\r\nhello\r\n0\r\n\r\n"],
  ])("refuses a chunk-size with %s", (_, body) => {
    expect(refusalOfCuts(body)).toBe("bad_request");
  });

  test.each([
    ["more data than said", "5\r\nhello!!\r\n0\r\n\r\n"],
    ["another octet and LF behind the data", "5\r\nhelloX\n0\r\n\r\n"],
    ["LF behind the data", "5\r\nhello\n0\r\n\r\n"],
    ["CR and another octet behind the data", "5\r\nhello\rX0\r\n\r\n"],
    ["an empty line where a size is due", "17\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\n\r\n0\r\n\r\n"],
    ["less data than said", "6\r\nhello\r\n0\r\n\r\n"],
    ["a bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"],
    ["LF in an extension", "5;\nhello\r\n0\r\n\r\n"],
    ["a quote that is not closed", '5;a="x\r\nhello\r\n0\r\n\r\n'],
    ["a quote that only an escaped one would close", '5;a="x\\"\r\nhello\r\n0\r\n\r\n'],
    ["a line end in quotes, with the rest of the quote", '5;a="\r\nhello\r\n";\r\nhello\r\n0\r\n\r\n'],
    ["a blank behind a chunk-size", "5 \r\nhello\r\n0\r\n\r\n"],
    ["a blank behind a name", "5;a \r\nhello\r\n0\r\n\r\n"],
    ["a blank behind a value", "5;a=b \r\nhello\r\n0\r\n\r\n"],
    ["a blank behind a quoted value", '5;a="b" \r\nhello\r\n0\r\n\r\n'],
    ["an extension without a name", "5;\r\nhello\r\n0\r\n\r\n"],
    ["an extension without a name before another", "5;;a\r\nhello\r\n0\r\n\r\n"],
    ["a value without a name", "5;=b\r\nhello\r\n0\r\n\r\n"],
    ["an extension without its value", "5;a=\r\nhello\r\n0\r\n\r\n"],
    ["an extension without its value before another", "5;a=;b\r\nhello\r\n0\r\n\r\n"],
    ["two values", "5;a=b=c\r\nhello\r\n0\r\n\r\n"],
    ["two names", "5;a b\r\nhello\r\n0\r\n\r\n"],
    ["two words as a value", "5;a=b c\r\nhello\r\n0\r\n\r\n"],
    ["a name without a semicolon", "5 a\r\nhello\r\n0\r\n\r\n"],
    ["a quoted name", '5;"a"\r\nhello\r\n0\r\n\r\n'],
    ["a quote within a value", '5;a=b"c"\r\nhello\r\n0\r\n\r\n'],
    ["a value behind a quoted one", '5;a="b"c\r\nhello\r\n0\r\n\r\n'],
    ["a backslash outside quotes", "5;a\\b\r\nhello\r\n0\r\n\r\n"],
    ["an octet beyond ASCII outside quotes", "5;a=\xe9\r\nhello\r\n0\r\n\r\n"],
    ["a control character behind a backslash", '5;a="\\\0"\r\nhello\r\n0\r\n\r\n'],
    ["NUL in an extension", "5;a=\0\r\nhello\r\n0\r\n\r\n"],
    ["DEL in an extension", "5;a=\x7f\r\nhello\r\n0\r\n\r\n"],
  ])("refuses %s", (_, body) => {
    expect(refusalOfCuts(body)).toBe("bad_request");
  });

  test.each([
    ["CR and another octet for the end", "0\r\n\rA"],
    ["LF for the end", "0\r\n\n"],
    ["LF behind a line", "0\r\nX-T: 1\n\r\n"],
    ["a bare CR in a line", "0\r\nX-T: 1\r2\r\n\r\n"],
    ["two CR before LF", "0\r\nX-T: 1\r\r\n\r\n"],
    ["a blank before the colon", "0\r\nX-T : 1\r\n\r\n"],
    ["a folded line", "0\r\nX-T: 1\r\n 2\r\n\r\n"],
    ["no colon", "0\r\nGET / HTTP/1.1\r\n\r\n"],
    ["NUL", "0\r\nX-T: \0\r\n\r\n"],
  ])("refuses trailers with %s", (_, body) => {
    expect(refusalOfCuts(body)).toBe("bad_request");
  });

  test("counts the largest size exactly, and waits for the data", () => {
    expect(decodePieces(["ffffffffffff\r\nhello"])).toMatchObject({ content: "hello", ends: 0 });
  });
});

describe("the limits of a chunked body", () => {
  test("a chunk-size line has 4,096 bytes at most, of whatever they consist", () => {
    const padded = (bytes: number) => `5;${"e".repeat(bytes - 1)}\r\nhello\r\n0\r\n\r\n`;
    expect(decodePieces([padded(4_096)])).toMatchObject({ content: "hello", ends: 1 });
    expect(refusal(() => decodePieces([padded(4_097)]))).toBe("bad_request");
    expect(refusal(() => decodePieces([padded(65_536)]))).toBe("bad_request");
    expect(refusal(() => decodePieces([`${"0".repeat(4_097)}5\r\n`]))).toBe("bad_request");
  });

  test("a line without an end is refused before it comes", () => {
    expect(refusal(() => decodePieces(["5;", "e".repeat(3_000), "e".repeat(3_000)]))).toBe("bad_request");
  });

  test("long extensions on tiny chunks are refused, long before the body is large", () => {
    const chunk = `1;${"e".repeat(1_000)}\r\nx\r\n`;
    expect(decodePieces(Array(10).fill(chunk))).toMatchObject({ content: "x".repeat(10) });
    expect(refusal(() => decodePieces(Array(40).fill(chunk)))).toBe("bad_request");
  });

  test("tiny chunks, and extensions shorter than their chunks, may be as many as they like", () => {
    expect(decodePieces(Array(20_000).fill("1\r\nx\r\n")).content).toHaveLength(20_000);
    expect(decodePieces(Array(20_000).fill("00000001\r\nx\r\n")).content).toHaveLength(20_000);
    const signed = `100;chunk-signature=${"f".repeat(64)}\r\n${"x".repeat(256)}\r\n`;
    expect(decodePieces(Array(1_000).fill(signed)).content).toHaveLength(256_000);
  });

  test("trailers have 16 KiB at most", () => {
    const trailer = (bytes: number) => `0\r\nX-T: ${"a".repeat(bytes)}\r\n\r\n`;
    expect(decodePieces([trailer(16_000)]).ends).toBe(1);
    expect(refusal(() => decodePieces([trailer(16_400)]))).toBe("headers_too_large");
    expect(refusal(() => decodePieces(["0\r\n", "a".repeat(102_400)]))).toBe("headers_too_large");
  });

  test("trailers have 100 lines at most", () => {
    const trailers = (count: number) => `0\r\n${"a: 1\r\n".repeat(count)}\r\n`;
    expect(decodePieces([trailers(100)]).trailers?.size).toBe(100);
    expect(refusal(() => decodePieces([trailers(101)]))).toBe("headers_too_large");
  });
});
