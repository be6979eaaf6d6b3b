import { describe, expect, test } from "bun:test";
import { KeyCache, LAST_KNOWN_MS } from "../../../plugins/api-key/key-cache.ts";
import { KeyRing } from "../../../src/plugin.ts";
import { MemoryBackend } from "../../../src/store/memory/backend.ts";
import { shareStore } from "../../../src/store/shared.ts";

const DENY = { cacheMs: 5_000, whenAway: "deny" } as const;
const LAST_KNOWN = { cacheMs: 5_000, whenAway: "last-known" } as const;

/** A cache with one key in its store; `close` makes every call to the store fail. */
async function open() {
  const clock = { now: 1_000_000 };
  const now = () => clock.now;
  const store = shareStore(new MemoryBackend({ now }), "");
  const ring = new KeyRing(store.of("api-key"), now);
  const cache = new KeyCache(ring, now);
  const { id } = await ring.issue({ scopes: [], metadata: {} });
  await cache.ask(id, DENY);
  return { clock, cache, id, close: () => store.close() };
}

describe("while the store is away", () => {
  test("what is fresh holds; then deny denies, also what was known", async () => {
    const { clock, cache, id, close } = await open();
    await close();
    expect(cache.fresh(id, DENY, clock.now + 4_999)?.record?.id).toBe(id);
    clock.now += 5_000;
    expect(cache.fresh(id, DENY, clock.now)).toBeUndefined();
    await expect(cache.ask(id, DENY)).rejects.toMatchObject({ code: "store_unavailable" });
    await expect(cache.ask("0123456789abcdef", LAST_KNOWN)).rejects.toMatchObject({ code: "store_unavailable" });
  });

  test("last-known holds for an hour, and asks the store once a second", async () => {
    const { clock, cache, id, close } = await open();
    await close();
    clock.now += 5_000;
    expect((await cache.ask(id, LAST_KNOWN)).record?.id).toBe(id);
    expect(cache.fresh(id, LAST_KNOWN, clock.now + 999)?.record?.id).toBe(id);
    expect(cache.fresh(id, DENY, clock.now + 999)).toBeUndefined();
    expect(cache.fresh(id, LAST_KNOWN, clock.now + 1_000)).toBeUndefined();
    clock.now += LAST_KNOWN_MS - 5_001;
    expect((await cache.ask(id, LAST_KNOWN)).record?.id).toBe(id);
    clock.now += 1;
    await expect(cache.ask(id, LAST_KNOWN)).rejects.toMatchObject({ code: "store_unavailable" });
  });

  test("a key that was told to have changed is not known any more", async () => {
    const { cache, id, close } = await open();
    cache.forget(id);
    await close();
    await expect(cache.ask(id, LAST_KNOWN)).rejects.toMatchObject({ code: "store_unavailable" });
  });
});

test("after a gap in the messages the store is asked again", async () => {
  const { clock, cache, id } = await open();
  expect(cache.fresh(id, DENY, clock.now)).toBeDefined();
  cache.doubt();
  expect(cache.fresh(id, DENY, clock.now)).toBeUndefined();
  await cache.ask(id, DENY);
  expect(cache.fresh(id, DENY, clock.now)).toBeDefined();
});

test("an answer that was on its way when the key changed is not kept", async () => {
  const { clock, cache, id } = await open();
  cache.doubt();
  const asked = cache.ask(id, DENY);
  cache.forget(id);
  expect((await asked).record?.id).toBe(id);
  expect(cache.fresh(id, DENY, clock.now)).toBeUndefined();
});
