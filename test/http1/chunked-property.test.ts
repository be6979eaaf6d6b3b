import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodePieces } from "./chunked-body.ts";
import { refusal } from "./refusal.ts";

const octets = (maxLength: number) =>
  fc.uint8Array({ minLength: 1, maxLength }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const extension = fc.constantFrom("", "", ";a", ";a=b", ';a="b c"', ";a=1;b=2");
const size = (length: number, zeros: number, isCapital: boolean) => {
  const digits = "0".repeat(zeros) + length.toString(16);
  return isCapital ? digits.toUpperCase() : digits;
};
const chunk = fc
  .tuple(octets(40), extension, fc.nat({ max: 3 }), fc.boolean())
  .map(([data, ext, zeros, isCapital]) => ({
    data,
    wire: `${size(data.length, zeros, isCapital)}${ext}\r\n${data}\r\n`,
  }));
const trailer = fc.tuple(fc.constantFrom("x-a", "x-b"), fc.stringMatching(/^[a-z]{0,5}$/));
const body = fc
  .record({ chunks: fc.array(chunk, { maxLength: 6 }), trailers: fc.array(trailer, { maxLength: 3 }) })
  .map(({ chunks, trailers }) => ({
    content: chunks.map(({ data }) => data).join(""),
    trailers: trailers.flat(),
    wire: `${chunks.map(({ wire }) => wire).join("")}0\r\n${trailers.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n`,
  }));

/** The text in pieces, cut at these shares of its length. */
function cut(text: string, shares: readonly number[]): string[] {
  const places = [0, ...shares.map((share) => Math.floor(share * text.length)).sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, i) => text.slice(places[i], end));
}
const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

describe("any chunked body", () => {
  test("gives the same content, trailers and end, however it is cut and whatever follows", () => {
    fc.assert(
      fc.property(body, shares, octets(20), ({ content, trailers, wire }, places, rest) => {
        const decoded = decodePieces(cut(wire + rest, places));
        expect(decoded.content).toBe(content);
        expect(decoded.trailers?.flat ?? []).toEqual(trailers);
        expect(decoded).toMatchObject({ ends: 1, end: wire.length });
      }),
    );
  });

  test("cut in two at every place gives the same", () => {
    fc.assert(
      fc.property(body, ({ content, wire }) => {
        for (let at = 0; at <= wire.length; at++) {
          const decoded = decodePieces([wire.slice(0, at), wire.slice(at)]);
          if (decoded.content !== content || decoded.end !== wire.length || decoded.ends !== 1) return false;
        }
        return true;
      }),
      { numRuns: 40 },
    );
  });

  test("that lacks its last bytes has no end", () => {
    fc.assert(
      fc.property(body, fc.nat(), ({ wire }, cutAt) => {
        const part = wire.slice(0, cutAt % wire.length);
        expect(decodePieces([part])).toMatchObject({ ends: 0, end: part.length });
      }),
    );
  });
});

describe("bytes that may be no chunked body", () => {
  const scrap = fc.constantFrom(
    "\r\n",
    "\r",
    "\n",
    "0",
    "5",
    "a",
    "F",
    ";",
    ":",
    " ",
    "\0",
    "hello",
    "\xff",
    "0\r\n\r\n",
  );
  const scraps = fc.array(scrap, { maxLength: 25 }).map((parts) => parts.join(""));

  test("throw nothing but ProtocolError, and the same however they are cut", () => {
    fc.assert(
      fc.property(fc.oneof(scraps, octets(60)), shares, (wire, places) => {
        const outcome = (pieces: string[]) => {
          let end = -1;
          let content = "";
          const code = refusal(() => ({ end, content } = decodePieces(pieces)));
          return { code, end, content };
        };
        expect(outcome(cut(wire, places))).toEqual(outcome([wire]));
      }),
      { numRuns: 500 },
    );
  });

  test("that were one, but for an octet, throw nothing else either, and are never read past their end", () => {
    fc.assert(
      fc.property(body, fc.nat(), fc.nat({ max: 255 }), ({ wire }, place, octet) => {
        const at = place % wire.length;
        const broken = wire.slice(0, at) + String.fromCharCode(octet) + wire.slice(at + 1);
        refusal(() => expect(decodePieces([broken]).end).toBeLessThanOrEqual(broken.length));
      }),
    );
  });
});
