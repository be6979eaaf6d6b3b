import { describe, expect, test } from "bun:test";
import { S3Fifo } from "../../../plugins/cache/s3-fifo.ts";

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Keys that are asked for as those of a Zipf distribution are. */
function zipf(keys: number, exponent: number, seed: number): () => number {
  const sums: number[] = [];
  let sum = 0;
  for (let i = 1; i <= keys; i++) {
    sum += 1 / i ** exponent;
    sums.push(sum);
  }
  const next = random(seed);
  return () => {
    const wanted = next() * sum;
    let low = 0;
    let high = keys - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** The share of requests that a cache with room for so many has an answer to, once it is warm. */
function hitRatio(trace: readonly string[], cache: { get(key: string): unknown; set(key: string): void }): number {
  let hits = 0;
  const warm = trace.length / 2;
  trace.forEach((key, i) => {
    if (cache.get(key) === undefined) cache.set(key);
    else if (i >= warm) hits++;
  });
  return hits / (trace.length - warm);
}

/** What no policy beats, however well it knows what is asked for: those keys are there that are most likely to be next. */
function bestRatio(keys: number, exponent: number, room: number): number {
  let kept = 0;
  let all = 0;
  for (let i = 1; i <= keys; i++) {
    all += 1 / i ** exponent;
    if (i === room) kept = all;
  }
  return kept / all;
}

function lru(room: number) {
  const map = new Map<string, true>();
  return {
    get(key: string) {
      const value = map.get(key);
      if (value !== undefined) map.delete(key);
      if (value !== undefined) map.set(key, value);
      return value;
    },
    set(key: string) {
      map.set(key, true);
      for (const oldest of map.keys()) {
        if (map.size <= room) return;
        map.delete(oldest);
      }
    },
  };
}

function s3Fifo(room: number) {
  const cache = new S3Fifo<true>(room);
  return { get: (key: string) => cache.get(key), set: (key: string) => cache.set(key, true, 1) };
}

describe("on a Zipf trace", () => {
  test.each([
    [0.8, 1_000],
    [1.0, 1_000],
    [1.0, 5_000],
  ])(
    "of exponent %p with room for %d of 100,000 keys, it is better than LRU and within 2 % of the best there can be",
    (exponent, room) => {
      const next = zipf(100_000, exponent, 7);
      const trace = Array.from({ length: 400_000 }, () => `key ${next()}`);
      const ratio = hitRatio(trace, s3Fifo(room));
      const leastRecent = hitRatio(trace, lru(room));
      expect(ratio).toBeGreaterThan(leastRecent);
      expect(ratio).toBeGreaterThan(bestRatio(100_000, exponent, room) - 0.02);
    },
    60_000,
  );
});

test("a flood of keys that come once drives out nothing that is used", () => {
  const cache = new S3Fifo<number>(1_000);
  for (let i = 0; i < 800; i++) cache.set(`used ${i}`, i, 1);
  for (let i = 0; i < 800; i++) cache.get(`used ${i}`);
  for (let i = 0; i < 100_000; i++) cache.set(`once ${i}`, i, 1);
  const left = Array.from({ length: 800 }, (_, i) => cache.peek(`used ${i}`)).filter((value) => value !== undefined);
  expect(left.length).toBe(800);
  expect(cache.bytes).toBeLessThanOrEqual(1_000);
});

test("bytes are the bound, whatever the sizes, and follow what is replaced and deleted", () => {
  const cache = new S3Fifo<string>(1_000);
  const next = random(3);
  for (let i = 0; i < 10_000; i++) {
    const key = `key ${Math.floor(next() * 300)}`;
    const what = next();
    if (what < 0.6) cache.set(key, key, 1 + Math.floor(next() * 240));
    else if (what < 0.8) cache.get(key);
    else cache.delete(key);
    expect(cache.bytes).toBeLessThanOrEqual(1_000);
  }
  let bytes = 0;
  for (const key of [...cache.keys()]) {
    bytes++;
    cache.delete(key);
  }
  expect(bytes).toBeGreaterThan(0);
  expect([cache.bytes, cache.size]).toEqual([0, 0]);
});

test("what is larger than a quarter of the room is not kept, and takes the place of nothing", () => {
  const cache = new S3Fifo<number>(100);
  cache.set("a", 1, 10);
  cache.set("b", 2, 26);
  expect([cache.get("a"), cache.get("b")]).toEqual([1, undefined]);
  cache.set("a", 3, 26);
  expect(cache.get("a")).toBeUndefined();
});

test("one that comes back soon after it left stays", () => {
  const cache = new S3Fifo<number>(100);
  for (let i = 0; i < 200; i++) cache.set(`old ${i}`, i, 1);
  cache.set("old 50", 50, 1);
  for (let i = 0; i < 50; i++) cache.set(`new ${i}`, i, 1);
  expect(cache.peek("old 50")).toBe(50);
});

test("who keeps the values is told of each that goes, once, for whatever reason, and what it needs itself is no room", () => {
  const gone: string[] = [];
  let reserved = 0;
  const cache = new S3Fifo<string>(1_000, {
    reserved: () => reserved,
    onGone: (value, bytes) => gone.push(`${value} ${bytes}`),
  });
  const toldOf = (act: () => void) => {
    gone.length = 0;
    act();
    return [...gone];
  };
  expect(toldOf(() => cache.set("a", "large", 300))).toEqual(["large 300"]);
  expect(toldOf(() => cache.set("a", "one", 200))).toEqual([]);
  expect(toldOf(() => cache.set("a", "two", 100))).toEqual(["one 200"]);
  expect(toldOf(() => cache.delete("a"))).toEqual(["two 100"]);
  for (const key of ["b", "c", "d", "e"]) cache.set(key, key, 200);
  reserved = 300;
  expect(toldOf(() => cache.set("f", "f", 200))).toEqual(["b 200", "c 200"]);
  reserved = 2_000;
  expect(toldOf(() => cache.set("g", "g", 200))).toEqual(["d 200", "e 200", "f 200", "g 200"]);
});
