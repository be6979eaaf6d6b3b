import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseFields } from "../../src/http1/fields.ts";
import { refusal } from "./refusal.ts";

const parse = (lines: string, maxCount = 10) => parseFields(`${lines}\r\n`, 0, maxCount);

describe("parseFields", () => {
  test.each([
    ["no line", "", []],
    ["one line", "a: 1\r\n", ["a", "1"]],
    ["no blank after the colon", "a:1\r\n", ["a", "1"]],
    ["several lines, in order, duplicates kept", "b: 1\r\na: 2\r\nb: 3\r\n", ["b", "1", "a", "2", "b", "3"]],
    ["capitals in names, not in values", "X-A: Value\r\nx-B: VALUE\r\n", ["x-a", "Value", "x-b", "VALUE"]],
    ["blanks around a value", "a: \t v \t \r\n", ["a", "v"]],
    ["blanks within a value", "a: x  y\tz\r\n", ["a", "x  y\tz"]],
    ["an empty value", "a:\r\nb: \t\r\n", ["a", "", "b", ""]],
    ["obs-text, which is opaque", "a: caf\xe9\xa0\x85\r\n", ["a", "caf\xe9\xa0\x85"]],
    ["colons in a value", "a: b:c: d\r\n", ["a", "b:c: d"]],
    ["every token character", "!#$%&'*+-.^_`|~09az: 1\r\n", ["!#$%&'*+-.^_`|~09az", "1"]],
    ["capitals beside obs-text of which toLowerCase knows", "X-A: \xc0\xde\r\n", ["x-a", "\xc0\xde"]],
    ["an underscore, which is no hyphen", "Content_Length: 5\r\n", ["content_length", "5"]],
  ])("reads %s", (_, lines, expected) => {
    expect(parse(lines)).toEqual(expected);
  });

  test("begins where it is told to", () => {
    const text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    expect(parseFields(text, 16, 10)).toEqual(["host", "a"]);
    expect(parseFields("GET / HTTP/1.1\r\n\r\n", 16, 10)).toEqual([]);
  });

  test.each([
    ["a blank before the colon", "X-A : 1\r\n"],
    ["a tab before the colon", "X-A\t: 1\r\n"],
    ["a hidden Content-Length", "Content-Length : 5\r\n"],
    ["an empty name", ": 1\r\n"],
    ["an empty name and value", ":\r\n"],
    ["no colon", "NoColonHere\r\n"],
    ["a blank for a colon", "Content-Length 5\r\n"],
    ["a folded line", "a: 1\r\n b: 2\r\n"],
    ["a line folded with a tab", "a: 1\r\n\tb\r\n"],
    ["a folded Content-Length", "Content-Length:\r\n 5\r\n"],
    ["a blank before the first name", " X-A: 1\r\n"],
    ["a tab before the first name", "\tContent-Length: 5\r\n"],
    ["[ in a name", "X-A[B: 1\r\n"],
    ["@ in a name", "X-A@B: 1\r\n"],
    ["( in a name", "X-A(B: 1\r\n"],
    ["/ in a name", "X-A/B: 1\r\n"],
    ["a control character in a name", "X-A\x01B: 1\r\n"],
    ["DEL in a name", "X-A\x7fB: 1\r\n"],
    ["an octet above ASCII in a name", "X-A\xefB: 1\r\n"],
    ["NEL behind a name", "Content-Length\x85: 5\r\n"],
    ["a blank within a name", "X A: 1\r\n"],
    ["a bare LF behind a value", "a: 1\nb: 2\r\n"],
    ["a bare CR within a value", "x: a\rTransfer-Encoding: chunked\r\n"],
    ["a bare CR behind a value", "Transfer-Encoding: chunked\r\r\n"],
    ["a bare CR before a name", "\ra: 1\r\n"],
    ["CR for every line end", "a: 1\rb: 2\r\r\n"],
    ["an empty line ended by CR and something else", "a: 1\r\n\rZGET /s: 1\r\n"],
    ["NUL in a value", "a: x\0y\r\n"],
    ["NUL behind a value", "Transfer-Encoding: chunked\0\r\n"],
    ["a vertical tab before a value", "Transfer-Encoding: \x0bchunked\r\n"],
    ["a form feed before a value", "Transfer-Encoding: \x0cchunked\r\n"],
    ["other control characters", "X-A: a\x07\b\x0bb\r\n"],
    ["DEL in a value", "X-A: a\x7f\r\n"],
  ])("refuses %s", (_, lines) => {
    expect(refusal(() => parse(lines))).toBe("bad_request");
  });

  test("takes as many lines as it may, and no more", () => {
    const lines = (count: number) => "a: 1\r\n".repeat(count);
    expect(parse(lines(3), 3)).toHaveLength(6);
    expect(refusal(() => parse(lines(4), 3))).toBe("headers_too_large");
    expect(refusal(() => parse("X-A: 1\r\n".repeat(10_000), 100))).toBe("headers_too_large");
  });

  const name = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/);
  const value = fc.stringMatching(/^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,12}[\x21-\x7e\x80-\xff])?)?$/);
  const blanks = fc.stringMatching(/^[ \t]{0,3}$/);

  test("reads back whatever fields are written", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, blanks, value, blanks), { maxLength: 8 }), (fields) => {
        const lines = fields.map(([n, before, v, after]) => `${n}:${before}${v}${after}\r\n`).join("");
        expect(parse(lines)).toEqual(fields.flatMap(([n, , v]) => [n.toLowerCase(), v]));
      }),
    );
  });

  test("reads any octets or throws ProtocolError, and what it reads holds no line end", () => {
    const octet = fc.constantFrom("\r\n", "\r", "\n", ":", " ", "\t", "a", "B", "\0", "\xe9", "1");
    const text = fc.array(octet, { maxLength: 30 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (lines) => {
        let flat: string[] = [];
        if (refusal(() => (flat = parse(lines))) !== undefined) return;
        for (const part of flat) expect(part).not.toMatch(/[\r\n\0]/);
        for (let i = 0; i < flat.length; i += 2) expect(flat[i]).toMatch(/^[a-b1]+$/);
      }),
    );
  });
});
