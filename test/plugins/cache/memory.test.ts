import { describe, expect, test } from "bun:test";
import { Memory, selectEntry } from "../../../plugins/cache/memory.ts";
import { HeaderList } from "../../../src/message/headers.ts";
import { entryOf } from "./entries.ts";

const URL = "http://shop.test/";
const MIB = 1_048_576;

function variant(of: string, bytes: number) {
  return entryOf(0, `+${of}\n`, "x-kind", bytes);
}

const has = (memory: Memory, of: string) =>
  selectEntry(memory.get(URL) ?? [], "r", "", new HeaderList(["x-kind", of])) !== undefined;

describe("variants of one URL", () => {
  test("that take too much together leave the latest, not none", () => {
    const memory = new Memory(10 * MIB);
    for (const of of ["a", "b", "c", "d", "e"]) memory.put(URL, variant(of, 300_000));
    expect(["a", "b", "c", "d", "e"].map((of) => has(memory, of))).toEqual([false, false, true, true, true]);
    expect(memory.bytes).toBeLessThan((10 * MIB) / 4);
    memory.put(URL, variant("a", 300_000));
    expect(["a", "b", "c", "d", "e"].map((of) => has(memory, of))).toEqual([true, false, false, true, true]);
  });

  test("one that is too large by itself is not kept", () => {
    const memory = new Memory(10 * MIB);
    memory.put(URL, variant("a", 2 * MIB));
    expect([memory.size, memory.bytes]).toEqual([0, 0]);
  });

  test("are 64 at most", () => {
    const memory = new Memory(10 * MIB);
    for (let i = 0; i < 100; i++) memory.put(URL, variant(String(i), 100));
    expect(memory.get(URL)).toHaveLength(64);
    expect([has(memory, "35"), has(memory, "36")]).toEqual([false, true]);
  });
});

test("texts that a reply came with count, and what is given back is free again", () => {
  const memory = new Memory(10 * MIB);
  memory.put(URL, variant("x", 100));
  const plain = memory.bytes;
  memory.put(URL, variant("x".repeat(10_000), 100));
  expect(memory.bytes).toBeGreaterThan(2 * plain + 10_000);
  memory.purge(URL, () => true);
  expect(memory.bytes).toBe(0);
  expect(memory.borrow(MIB)).toBe(true);
  expect(memory.borrow(MIB)).toBe(false);
  memory.giveBack(MIB);
  expect(memory.bytes).toBe(0);
});
