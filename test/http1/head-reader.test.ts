import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HeadReader } from "../../src/http1/head-reader.ts";
import { ProtocolError } from "../../src/http1/protocol-error.ts";
import { everyCut } from "./chunked-body.ts";
import { refusal } from "./refusal.ts";

const HEAD = "GET / HTTP/1.1\r\nHost: caf\xe9\r\n\r\n";
const bytesOf = (text: string) => Buffer.from(text, "latin1");
const anything = () => undefined;

/** Reads pieces until a head is complete; the place is counted from the first byte of the first piece. */
function readPieces(reader: HeadReader, pieces: readonly string[]): { text: string; end: number } | undefined {
  let before = 0;
  for (const piece of pieces) {
    const end = reader.read(bytesOf(piece), 0);
    if (end !== -1) return { text: reader.text, end: before + end };
    before += piece.length;
  }
  return undefined;
}

describe("HeadReader", () => {
  test("finds the head and its end, cut anywhere, whatever follows", () => {
    for (const rest of ["", "body", "\r\n\r\n", HEAD]) {
      for (const pieces of everyCut(HEAD + rest)) {
        const reader = new HeadReader(1_000, anything);
        expect(readPieces(reader, pieces)).toEqual({ text: HEAD, end: HEAD.length });
        expect(reader.isPartial).toBe(false);
      }
    }
  });

  test("finds one head after the other in the same bytes", () => {
    const reader = new HeadReader(1_000, anything);
    const bytes = bytesOf(`${HEAD}POST / HTTP/1.1\r\n\r\nrest`);
    const first = reader.read(bytes, 0);
    expect(first).toBe(HEAD.length);
    expect(reader.read(bytes, first)).toBe(bytes.length - 4);
    expect(reader.text).toBe("POST / HTTP/1.1\r\n\r\n");
  });

  test("goes on with a head that has begun in the middle of a piece", () => {
    const reader = new HeadReader(1_000, anything);
    const bytes = bytesOf(`skipped${HEAD.slice(0, 10)}`);
    expect(reader.read(bytes, 7)).toBe(-1);
    expect(reader.isPartial).toBe(true);
    expect(reader.read(bytesOf(`xx${HEAD.slice(10)}rest`), 2)).toBe(2 + HEAD.length - 10);
    expect(reader.text).toBe(HEAD);
  });

  test("says whether it has a part of a head", () => {
    const reader = new HeadReader(1_000, anything);
    expect(reader.isPartial).toBe(false);
    expect(reader.read(bytesOf(""), 0)).toBe(-1);
    expect(reader.isPartial).toBe(false);
    reader.read(bytesOf("G"), 0);
    expect(reader.isPartial).toBe(true);
    reader.read(bytesOf(HEAD.slice(1)), 0);
    expect(reader.isPartial).toBe(false);
  });

  test("has no text of a head before, once the next has begun", () => {
    const reader = new HeadReader(50, anything);
    reader.read(bytesOf(HEAD), 0);
    reader.read(bytesOf("GET"), 0);
    expect(reader.text).toBe("");
    reader.read(bytesOf(HEAD.slice(3)), 0);
    expect(reader.text).toBe(HEAD);
    refusal(() => reader.read(bytesOf("x".repeat(60)), 0));
    expect(reader.text).toBe("");
  });

  test("any cuts lead to the same", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: HEAD.length }), { maxLength: 6 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), HEAD.length];
        const pieces = places.slice(1).map((end, i) => HEAD.slice(places[i], end));
        expect(readPieces(new HeadReader(1_000, anything), pieces)).toEqual({ text: HEAD, end: HEAD.length });
      }),
    );
  });
});

describe("the limits of a head", () => {
  const padded = (bytes: number) => `GET / HTTP/1.1\r\nA: ${"x".repeat(bytes - 23)}\r\n\r\n`;
  const codeOf = (pieces: readonly string[], maxBytes = 100) =>
    refusal(() => readPieces(new HeadReader(maxBytes, anything), pieces));

  test("one of just that size is read, one a byte longer refused, cut anywhere", () => {
    for (const pieces of everyCut(padded(100))) expect(codeOf(pieces)).toBeUndefined();
    for (const pieces of everyCut(padded(101))) expect(codeOf(pieces)).toBe("headers_too_large");
  });

  test("what comes behind a head does not count", () => {
    expect(codeOf([`${padded(100)}${"x".repeat(500)}`])).toBeUndefined();
    expect(codeOf([padded(100).slice(0, 50), `${padded(100).slice(50)}${"x".repeat(500)}`])).toBeUndefined();
  });

  test("a head without an end is refused as soon as it is too long", () => {
    expect(codeOf(["GET / HTTP/1.1\r\n", "A: b\r\n".repeat(15)])).toBe("headers_too_large");
    expect(codeOf(["GET / HTTP/1.1\r\n", ...Array(90).fill("x")])).toBe("headers_too_large");
  });

  test("a first line that is too long by itself has a target that is", () => {
    const long = `GET /${"a".repeat(200)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    for (const pieces of everyCut(long)) expect(codeOf(pieces)).toBe("uri_too_long");
    expect(codeOf([long.slice(0, 150)])).toBe("uri_too_long");
  });
});

describe("what is refused before it is complete", () => {
  test.each([
    ["in the first line", "GET / HTTP/1.1\n"],
    ["at the very start", "\nGET"],
    ["in a field line", "GET / HTTP/1.1\r\nHost: a\n"],
    ["for the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"],
  ])("a bare LF %s, cut anywhere", (_, start) => {
    for (const pieces of everyCut(start)) {
      expect(refusal(() => readPieces(new HeadReader(1_000, anything), pieces))).toBe("bad_request");
    }
  });

  test("what the early check throws at, which sees all there is so far, and no head that is complete", () => {
    const seen: string[] = [];
    const reader = new HeadReader(1_000, (start) => {
      seen.push(Buffer.from(start).toString("latin1"));
      if (seen.length === 3) throw new ProtocolError("enough");
    });
    readPieces(reader, [HEAD]);
    readPieces(reader, ["GE", "T /"]);
    expect(refusal(() => readPieces(reader, [" "]))).toBe("bad_request");
    expect(seen).toEqual(["GE", "GET /", "GET / "]);
  });
});
