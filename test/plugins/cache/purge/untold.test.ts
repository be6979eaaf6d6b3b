import { expect, test } from "bun:test";
import { Untold } from "../../../../plugins/cache/purge/untold.ts";
import { UrlKeys } from "../../../../plugins/cache/url-keys.ts";
import { entryOf } from "../entries.ts";

const byKey = (key: string) => ({ target: { kind: "key" as const, key }, isSoft: false });

test("a purge is about what came before it, until it is told", () => {
  const untold = new Untold();
  untold.add(byKey("a"), new UrlKeys(), 10_000);
  expect([untold.isAbout("a", entryOf(9_000)), untold.isAbout("b", entryOf(9_000))]).toEqual([true, false]);
  // The clocks of gateways may differ by a second.
  expect([untold.isAbout("a", entryOf(11_000)), untold.isAbout("a", entryOf(11_001))]).toEqual([true, false]);
  const { first } = untold;
  if (first !== undefined) untold.remove(first);
  expect([untold.size, untold.isAbout("a", entryOf(9_000))]).toEqual([0, false]);
});

test("too many are one purge of everything", () => {
  const untold = new Untold();
  for (let i = 0; i < 2_500; i++) untold.add(byKey(String(i)), new UrlKeys(), 10_000);
  expect(untold.size).toBeLessThanOrEqual(1_000);
  expect(untold.isAbout("never purged by itself", entryOf(9_000))).toBe(true);
});
