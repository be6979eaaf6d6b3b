import { expect, test } from "bun:test";
import fc from "fast-check";
import { ByteRing } from "../../../src/observe/tail/byte-ring.ts";

function ringOf(capacity: number, texts: readonly string[]): ByteRing {
  const ring = new ByteRing(capacity);
  for (const text of texts) ring.push(Buffer.from(text));
  return ring;
}

test("has nothing at first", () => {
  expect(ringOf(16, []).lines()).toEqual([]);
});

test("has all lines while there is room, however they came", () => {
  expect(ringOf(16, ["a\nb", "c\n", "\n", "dé\n"]).lines()).toEqual(["a", "bc", "", "dé"]);
});

test("has the latest whole lines when it is full, up to the last byte", () => {
  expect(ringOf(8, ["aaa\n", "bbb\n"]).lines()).toEqual(["bbb"]);
  expect(ringOf(7, ["aaa\n", "bbb\n", "cc\n"]).lines()).toEqual(["cc"]);
  expect(ringOf(8, ["aaa\n", "bbb\n", "cc\n"]).lines()).toEqual(["bbb", "cc"]);
  expect(ringOf(8, ["é\né\né\né\né\n"]).lines()).toEqual(["é", "é"]);
});

test("has the end of what is longer than itself", () => {
  expect(ringOf(8, ["a\n", "0123456789\nbb\n"]).lines()).toEqual(["bb"]);
  expect(ringOf(8, ["0123456789\n"]).lines()).toEqual([]);
});

test("has the lines that end the whole, and none that is cut", () => {
  const pieces = fc.array(
    fc.array(fc.string({ unit: "binary-ascii", maxLength: 5 }).map((text) => text.replaceAll("\n", ""))),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), pieces, (capacity, batches) => {
      const all = batches.flat();
      const lines = ringOf(
        capacity,
        batches.map((batch) => batch.map((line) => `${line}\n`).join("")),
      ).lines();
      expect(lines).toEqual(all.slice(all.length - lines.length));
      const next = all[all.length - lines.length - 1];
      const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
      if (next !== undefined) expect(bytes + next.length + 1).toBeGreaterThanOrEqual(capacity);
    }),
  );
});
