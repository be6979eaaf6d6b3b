import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseFields } from "../../src/http1/fields.ts";
import { commonName, hashNext, smallTable } from "../../src/http1/names.ts";

/** As the parser of field lines computes it. */
function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = hashNext(hash, smallTable[text.charCodeAt(i)] as number);
  return hash;
}

test("a common name is found in any case, wherever it stands", () => {
  for (const written of ["Content-Type", "content-type", "CONTENT-TYPE", "cOnTeNt-TyPe"]) {
    expect(commonName(`xx${written}yy`, 2, 2 + written.length, hashOf(written))).toBe("content-type");
  }
});

test("a name of the same hash or length that is another is none", () => {
  expect(commonName("Content-Typf", 0, 12, hashOf("content-type"))).toBeUndefined();
  expect(commonName("Content-Type", 0, 11, hashOf("content-type"))).toBeUndefined();
  expect(commonName("x-nobody-knows", 0, 14, hashOf("x-nobody-knows"))).toBeUndefined();
});

test("every name comes out of the parser in small letters, common or not", () => {
  const letters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".split("");
  const names = fc.oneof(
    fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 30 }),
    fc.constantFrom("Host", "ACCEPT", "x-request-id", "Sec-Fetch-Mode", "eTag"),
  );
  fc.assert(
    fc.property(names, (name) => {
      expect(parseFields(`${name}: v\r\n\r\n`, 0, 1)).toEqual([name.toLowerCase(), "v"]);
    }),
  );
});
