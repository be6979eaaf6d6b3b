import { describe, expect, test } from "bun:test";
import { CHANGES, KeyRing } from "../../src/identity/api-key/key-ring.ts";
import { judge } from "../../src/identity/api-key/record.ts";
import { MemoryBackend } from "../../src/store/memory/backend.ts";
import { shareStore } from "../../src/store/shared.ts";
import type { Store } from "../../src/store/store.ts";
import { openRedisStore } from "../store/redis-store.ts";
import { startRedis } from "../support/redis.ts";
import { startCluster } from "../support/redis-sets.ts";
import { until } from "../support/until.ts";

const HOLDER = { scopes: ["a"], metadata: { team: "web" }, owner: "shop" };

/** What has to hold in every store. */
async function life(store: Store): Promise<void> {
  const ring = new KeyRing(store, Date.now);
  const told: string[] = [];
  let isOpen = false;
  const unsubscribe = store.subscribe(CHANGES, { onMessage: (id) => told.push(id), onOpen: () => (isOpen = true) });
  await until(() => isOpen);

  const { id, hash, record } = await ring.issue(HOLDER);
  expect(await ring.find(id)).toEqual(JSON.parse(JSON.stringify(record)));
  await until(() => told.includes(id));
  const others = await Promise.all(Array.from({ length: 10 }, () => ring.issue(HOLDER)));
  const listed: string[] = [];
  for (let from: number | undefined, isFirst = true; isFirst || from !== undefined; isFirst = false) {
    const page = await ring.list(4, from);
    expect(page.records.length).toBeLessThanOrEqual(4);
    listed.push(...page.records.map((one) => one.id));
    from = page.next;
  }
  expect(listed.at(-1)).toBe(id);
  expect(listed.toSorted()).toEqual([id, ...others.map((one) => one.id)].sort());

  // Whoever rotates at the same time: one after the other, and the last key is the one that holds.
  const rotations = await Promise.all([ring.rotate(id, 60_000), ring.rotate(id, 60_000), ring.rotate(id, 60_000)]);
  const now = await ring.find(id);
  expect(rotations.filter((one) => one?.hash === now?.hash)).toHaveLength(1);
  expect(rotations.filter((one) => one?.hash === now?.previous?.hash)).toHaveLength(1);
  if (now !== undefined) expect(judge(now, hash, Date.now())).toBe("unknown");

  await ring.addUses({ id }, 3, 1_000);
  await ring.addUses({ id }, 4, 2_000);
  expect(await ring.usesOf([id, others[0]?.id ?? ""])).toEqual([
    { uses: 7, lastUsedAt: 2_000 },
    { uses: 0, lastUsedAt: undefined },
  ]);

  // A revocation that comes between is never undone.
  await Promise.all([ring.rotate(id, 1), ring.revoke(id), ring.rotate(id, 1)]);
  expect((await ring.find(id))?.revokedAt).toBeNumber();
  expect(await ring.rotate(id, 1)).toBeUndefined();
  expect(await ring.revoke("0123456789abcdef")).toBe(false);
  unsubscribe();
}

describe("keys live in", () => {
  test("the embedded store", async () => {
    const store = shareStore(new MemoryBackend({ now: Date.now }), "");
    await life(store.of("api-key"));
    await store.close();
  });

  test("Redis", async () => {
    await using redis = await startRedis();
    await using store = await openRedisStore({ url: redis.url });
    await life(store.of("api-key"));
  });

  test("a Cluster", async () => {
    await using cluster = await startCluster();
    await using store = await openRedisStore({ cluster: [...cluster.nodes] });
    await life(store.of("api-key"));
  }, 120_000);
});

test("what is kept of a key that expires goes a month after it, its uses and its place in the list too", async () => {
  let now = 1_000_000;
  const backend = new MemoryBackend({ now: () => now });
  const store = shareStore(backend, "");
  const ring = new KeyRing(store.of("api-key"), () => now);
  const { id } = await ring.issue({ ...HOLDER, expiresAt: now + 1_000 });
  await ring.addUses({ id, expiresAt: now + 1_000 }, 1, now);
  await ring.revoke(id);
  now += 30 * 86_400_000;
  expect((await ring.list(10)).records).toHaveLength(1);
  now += 1_001;
  expect((await ring.list(10)).records).toEqual([]);
  expect(await ring.find(id)).toBeUndefined();
  expect(await ring.usesOf([id])).toEqual([{ uses: 0, lastUsedAt: undefined }]);
  await store.close();
});
