import { describe, expect, test } from "bun:test";
import { Arena } from "../../../plugins/cache/arena.ts";
import { Entry, type Stored } from "../../../plugins/cache/entry.ts";
import { Packed } from "../../../plugins/cache/packed.ts";
import { HeaderList } from "../../../src/message/headers.ts";
import { entryOf } from "./entries.ts";

const ROOM = 67_108_864;

const withStored = (stored: Partial<Stored>) => {
  const entry = entryOf(1_000, "+b\n", "x-kind", 300);
  return entry.with({ ...entry.stored, ...stored }, new HeaderList(["date", "x", "x-text", "\u00e9\u00ff"]));
};

function opened(entry: Entry, arena = new Arena(ROOM)): Entry {
  const packed = Packed.of(entry, arena);
  if (packed === undefined) throw new Error("it has no place");
  return packed.open();
}

const content = (entry: Entry) => Buffer.from(entry.body.inMemory ?? []).toString();

describe("what is packed comes out as it went in", () => {
  const entry = entryOf(1_000, "+b\n", "x-kind", 300);
  const { selection, validators } = entry.stored;
  test.each<[string, Partial<Stored>]>([
    ["as it is", {}],
    ["without a reason", { reason: undefined }],
    ["with validators", { validators: { etag: 'W/"\u00e9"', lastModified: "then", dateMs: -1.5 } }],
    ["with half of them", { validators: { ...validators, etag: "" } }],
    ["of a principal with any name", { selection: { ...selection, own: 'principal:\u{1f980}"\n\\' } }],
    ["with tags", { tags: ["a", "b"], status: 404, isAuthorized: true, receivedMs: 1_795_679_320_415 }],
  ])("%s", (_, stored) => {
    const packed = withStored(stored);
    const out = opened(packed);
    expect(out.stored).toEqual(packed.stored);
    expect(out.headerList.flat).toEqual(["date", "x", "x-text", "\u00e9\u00ff"]);
    expect(content(out)).toBe(content(packed));
    expect([out.isInvalid, out.length, out.stored.terms.vary]).toEqual([false, 300, packed.stored.terms.vary]);
  });

  test("with no content", () => {
    const out = opened(Entry.of(entry.stored, new HeaderList(["date", "x"]), [], 0));
    expect([out.length, out.body.isEmpty, out.headerList.flat]).toEqual([0, true, ["date", "x"]]);
  });
});

test("what has come out stays as it is when its place is used again", () => {
  const arena = new Arena(128 * 8_192);
  const first = filled("a");
  const packed = Packed.of(first, arena);
  const out = packed?.open();
  packed?.free();
  for (let i = 0; i < 20; i++) Packed.of(filled("b"), arena);
  expect(out === undefined ? "" : content(out)).toBe("a".repeat(500));
  expect(out?.headerList.flat).toEqual(first.headerList.flat);
});

function filled(letter: string): Entry {
  const entry = entryOf(0, "", "", 500);
  return Entry.of(entry.stored, entry.headerList, [Buffer.alloc(500, letter)], 500);
}

test("parts, and what is too long, have no place", () => {
  const arena = new Arena(128 * 8_192);
  const entry = entryOf(0);
  expect(
    Packed.of(entry.with({ ...entry.stored, part: { start: 0, length: 9 } }, entry.headerList), arena),
  ).toBeUndefined();
  expect(Packed.of(entryOf(0, "", "", 2_000), arena)).toBeUndefined();
  expect(Packed.of(entryOf(0, "v".repeat(2_000)), arena)).toBeUndefined();
  expect([arena.waste, arena.take(1).live]).toEqual([0, 1]);
});

test("it is made stale as it would be outside", () => {
  const entry = entryOf(1_000);
  const packed = Packed.of(entry, new Arena(ROOM));
  packed?.expire(21_000);
  packed?.expire(31_000);
  expect(packed?.open().stored.terms).toEqual(entry.expired(21_000).stored.terms);
});
