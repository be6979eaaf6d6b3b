import { describe, expect, test } from "bun:test";
import { Tier } from "../../../plugins/cache/tier/tier.ts";
import { compileUrlKey } from "../../../plugins/cache/url-key.ts";
import { UrlKeys } from "../../../plugins/cache/url-keys.ts";
import { HeaderList } from "../../../src/message/headers.ts";
import { MemoryBackend } from "../../../src/store/memory/backend.ts";
import { createStoreView } from "../../../src/store/view.ts";
import { entryOf } from "./entries.ts";

const URL_PARTS = { scheme: "http", host: "shop.test", path: "/a", query: undefined };
const PLACE = { url: "http://shop.test/a", owner: "r", own: "" };

/** Two gateways over one store, and a clock for all. */
function world() {
  const clock = { nowMs: 1_000_000_000_000 };
  const now = () => clock.nowMs;
  const store = createStoreView(new MemoryBackend({ now }), "test:");
  const [one, other] = [new Tier({ store, now }), new Tier({ store, now })];
  one.isUsed = true;
  other.isUsed = true;
  const urlKeys = new UrlKeys();
  urlKeys.take("", () => compileUrlKey(undefined));
  return { clock, one, other, urlKeys };
}

const isThere = async (tier: Tier, headers = new HeaderList()) =>
  (await tier.find(PLACE, "flight", headers)).entry !== undefined;

describe("a gateway that has not heard of a purge yet", () => {
  test.each([
    { kind: "url", url: URL_PARTS },
    { kind: "key", key: PLACE.url },
  ] as const)("does not bring back what it asked for before: $kind", async (target) => {
    const { clock, one, other, urlKeys } = world();
    const before = entryOf(clock.nowMs);
    await other.write(PLACE.url, before);
    expect(await isThere(one)).toBe(true);
    clock.nowMs += 500;
    await one.purge({ target, isSoft: false }, urlKeys);
    expect(await isThere(one)).toBe(false);
    await other.write(PLACE.url, before);
    expect(await isThere(one)).toBe(false);
    // What comes later is kept.
    clock.nowMs += 2_000;
    await other.write(PLACE.url, entryOf(clock.nowMs));
    expect(await isThere(one)).toBe(true);
  });

  test("and that there was a purge is forgotten after a while", async () => {
    const { clock, one, urlKeys } = world();
    await one.purge({ target: { kind: "key", key: PLACE.url }, isSoft: false }, urlKeys);
    clock.nowMs += 61_000;
    await one.write(PLACE.url, entryOf(clock.nowMs));
    expect(await isThere(one)).toBe(true);
  });
});

test("a purge counts, wherever another gateway is with what it writes", async () => {
  for (let steps = 0; steps < 60; steps++) {
    const { clock, one, other, urlKeys } = world();
    // What the URL varies by becomes another thing, so that more than a reply is written.
    await other.write(PLACE.url, entryOf(clock.nowMs));
    const next = entryOf(clock.nowMs, "+Bearer one\n", "authorization");
    clock.nowMs += 500;
    const written = other.write(PLACE.url, next);
    for (let step = 0; step < steps; step++) await Promise.resolve();
    await one.purge({ target: { kind: "key", key: PLACE.url }, isSoft: false }, urlKeys);
    await written;
    expect([steps, await isThere(one), await isThere(one, new HeaderList(["authorization", "Bearer one"]))]).toEqual([
      steps,
      false,
      false,
    ]);
  }
});

test("what a reply was chosen by is found again by those alone who have it", async () => {
  const { clock, one, other } = world();
  await one.write(PLACE.url, entryOf(clock.nowMs, "+Bearer one\n", "authorization"));
  expect(await isThere(other, new HeaderList(["authorization", "Bearer one"]))).toBe(true);
  expect(await isThere(other, new HeaderList(["authorization", "Bearer two"]))).toBe(false);
  expect(await isThere(other)).toBe(false);
});
