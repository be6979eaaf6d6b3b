import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Memory } from "../../../plugins/cache/memory.ts";
import { entryOf } from "./entries.ts";

const MIB = 1_048_576;

const bodyOf = (memory: Memory, url: string) => {
  const [entry] = memory.get(url) ?? [];
  return entry === undefined ? undefined : Buffer.from(entry.body.inMemory ?? []).toString();
};

/** A reply whose content tells which it is. */
function marked(mark: number, bytes: number) {
  const entry = entryOf(0, "", "", bytes);
  entry.body.inMemory?.set(Buffer.from(`${mark};`).subarray(0, bytes));
  return { entry, text: Buffer.from(entry.body.inMemory ?? []).toString() };
}

const Step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ put: fc.nat(400), bytes: fc.integer({ min: 1, max: 3_000 }) }) },
  { weight: 3, arbitrary: fc.record({ get: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ purge: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ expire: fc.nat(400) }) },
);

describe("under a flood", () => {
  test("whatever is put, asked for and purged, a URL has what was put there last, or nothing", () => {
    fc.assert(
      fc.property(fc.array(Step, { minLength: 200, maxLength: 1_500 }), (steps) => {
        const memory = new Memory(MIB);
        const last = new Map<number, string>();
        steps.forEach((step, i) => {
          if ("put" in step) {
            const { entry, text } = marked(i, step.bytes);
            memory.put(`u${step.put}`, entry);
            last.set(step.put, text);
          } else if ("get" in step) {
            expect([undefined, last.get(step.get)]).toContain(bodyOf(memory, `u${step.get}`));
          } else if ("purge" in step) {
            memory.purge(`u${step.purge}`, () => true);
            last.delete(step.purge);
          } else memory.purge(`u${step.expire}`, () => true, 1_000);
          expect(memory.bytes).toBeLessThanOrEqual(MIB);
        });
        for (const url of memory.urls()) expect(bodyOf(memory, url)).toBe(last.get(Number(url.slice(1))));
        for (const url of [...memory.urls()]) memory.purge(url, () => true);
        expect([memory.bytes, memory.size]).toEqual([0, 0]);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test("what nobody has asked for takes half of what it takes afterwards, and all of it is bounded", () => {
    const flooded = (isAsked: boolean) => {
      const memory = new Memory(16 * MIB);
      for (let i = 0; i < 20_000; i++) {
        memory.put(`http://shop.test/${i}`, entryOf(0, "", "", 1_000));
        if (isAsked) memory.get(`http://shop.test/${i}`);
      }
      expect(memory.bytes).toBeWithin(15 * MIB, 16 * MIB + 1);
      return memory.size;
    };
    expect(flooded(false)).toBeGreaterThan(1.9 * flooded(true));
  }, 120_000);

  test("what was asked for stays, and what takes its place leaves no hole that counts for long", () => {
    const memory = new Memory(4 * MIB);
    for (let i = 0; i < 100; i++) memory.put(`used${i}`, entryOf(0, "", "", 1_000));
    for (let i = 0; i < 100; i++) memory.get(`used${i}`);
    for (let i = 0; i < 20_000; i++) memory.put(`once${i}`, entryOf(0, "", "", 1_000));
    expect(Array.from({ length: 100 }, (_, i) => bodyOf(memory, `used${i}`) !== undefined)).not.toContain(false);
    expect(memory.size).toBeGreaterThan(1_000);
  }, 120_000);

  test("a purge by tag finds what nobody has asked for", () => {
    const memory = new Memory(4 * MIB);
    const entry = entryOf(0);
    memory.put("a", entry.with({ ...entry.stored, tags: ["one"] }, entry.headerList));
    memory.put("b", entryOf(0));
    expect([..."ab"].map((url) => memory.purge(url, (tags) => tags.includes("one")))).toEqual([true, false]);
    expect([memory.get("a"), memory.get("b")?.length]).toEqual([undefined, 1]);
  }, 120_000);
});
