import { expect, test } from "bun:test";
import { Arena } from "../../../plugins/cache/arena.ts";

/** Of a room of 128 KiB: segments of 1 KiB. */
const KIB = 1_024;
const small = () => new Arena(128 * KIB);

test("a segment is filled from its beginning on, and the next begun when there is no place left", () => {
  const arena = small();
  const segments = Array.from({ length: 9 }, () => arena.take(120));
  expect(new Set(segments.slice(0, 8)).size).toBe(1);
  expect(segments[8]).not.toBe(segments[0]);
  expect([segments[0]?.taken, segments[8]?.taken]).toEqual([960, 120]);
  // The end of the first cannot be had.
  expect(arena.waste).toBe(64);
});

test("a place is used again only when nothing in its segment is in use", () => {
  const arena = small();
  const first = arena.take(128);
  for (let i = 1; i < 8; i++) arena.take(128);
  const other = arena.take(128);
  for (let i = 1; i < 8; i++) arena.free(first, 128);
  expect([arena.waste, first.live]).toEqual([7 * 128, 128]);
  const later = Array.from({ length: 8 }, () => arena.take(128));
  expect(later.includes(first)).toBe(false);
  arena.free(first, 128);
  const again = Array.from({ length: 8 }, () => arena.take(128));
  expect(again).toContain(first);
  expect(again).not.toContain(other);
});

test("what is given back is free, whatever the order", () => {
  const arena = small();
  const taken = Array.from({ length: 100 }, (_, i) => ({
    bytes: 1 + ((i * 37) % 128),
    segment: arena.take(1 + ((i * 37) % 128)),
  }));
  for (const { segment, bytes } of taken.toSorted((a, b) => a.bytes - b.bytes)) arena.free(segment, bytes);
  expect(arena.waste).toBe(0);
  expect(arena.take(10).taken).toBe(10);
  expect(arena.waste).toBe(0);
});

test("no more than two empty segments are kept", () => {
  const arena = small();
  const all = new Set(Array.from({ length: 80 }, () => arena.take(128)));
  for (const segment of all) arena.free(segment, KIB);
  const again = new Set(Array.from({ length: 80 }, () => arena.take(128)));
  expect([...again].filter((segment) => all.has(segment))).toHaveLength(2);
});

test("segments are small beside the room, and 256 KiB at most", () => {
  expect([small().most, new Arena(1_024 * KIB * KIB).most]).toEqual([128, 32 * KIB]);
});
