import { expect, test } from "bun:test";
import { Remembered } from "../../src/identity/remembered.ts";

const NOW = 1_000;
const lasting = (endsAtMs = NOW + 1) => ({ endsAtMs });

test("what is remembered is there until it ends", () => {
  const remembered = new Remembered({ entries: 10, bytes: 1_000 });
  const value = lasting();
  remembered.set("a", value, 10);
  expect(remembered.get("a", NOW)).toBe(value);
  expect(remembered.get("a", NOW + 1)).toBeUndefined();
  expect(remembered).toMatchObject({ size: 0, bytes: 0 });
});

test("there are never more entries or bytes than there may be", () => {
  const remembered = new Remembered({ entries: 100, bytes: 10_000 });
  for (let i = 0; i < 10_000; i++) {
    remembered.set(`${i}`, lasting(), 1 + (i % 300));
    if (i % 3 === 0) remembered.get(`${i - 20}`, NOW);
    expect(remembered.size).toBeLessThanOrEqual(100);
    expect(remembered.bytes).toBeLessThanOrEqual(10_000);
  }
});

test("what is used is kept, what is not is forgotten", () => {
  const remembered = new Remembered({ entries: 10, bytes: 1_000 });
  remembered.set("used", lasting(), 1);
  remembered.set("unused", lasting(), 1);
  for (let i = 0; i < 50; i++) {
    remembered.set(`${i}`, lasting(), 1);
    expect(remembered.get("used", NOW)).toBeDefined();
  }
  expect(remembered.get("unused", NOW)).toBeUndefined();
});

test("what is too large is not kept, nor what it replaces", () => {
  const remembered = new Remembered({ entries: 10, bytes: 100 });
  remembered.set("a", lasting(), 10);
  remembered.set("a", lasting(), 51);
  expect(remembered.get("a", NOW)).toBeUndefined();
  expect(remembered.bytes).toBe(0);
});

test("what is deleted is gone, in both generations", () => {
  const remembered = new Remembered({ entries: 4, bytes: 100 });
  for (const key of ["a", "b", "c"]) remembered.set(key, lasting(), 1);
  for (const key of ["a", "c"]) remembered.delete(key);
  expect(remembered.get("a", NOW)).toBeUndefined();
  expect(remembered.get("b", NOW)).toBeDefined();
  expect(remembered).toMatchObject({ size: 1, bytes: 1 });
  remembered.clear();
  expect(remembered).toMatchObject({ size: 0, bytes: 0 });
});
