import { describe, expect, test } from "bun:test";
import { Agreement } from "../../src/store/agreement.ts";
import { StoreError } from "../../src/store/error.ts";
import { decodeWords, encodeWords, merged, type Words } from "../../src/store/words.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";

const DAY = 86_400_000;

/** Gateways with one store, which may be away, and one clock. */
function gateways(most = 10) {
  const lasting = createTestLasting();
  const own = lasting.store.of("admin");
  const away = { isAway: false };
  const guarded = <T>(call: () => Promise<T>) =>
    away.isAway ? Promise.reject(new StoreError("timeout", "it is away")) : call();
  const store: Pick<typeof own, "get" | "set"> = {
    get: (key) => guarded(() => own.get(key)),
    set: (key, value, options) => guarded(() => own.set(key, value, options)),
  };
  const read = (value: unknown) => (typeof value === "string" ? value : undefined);
  const join = () => new Agreement<string>({ store, name: "notes", log: lasting.log, now: lasting.now, read, most });
  return { ...lasting, own, away, join };
}

const valuesOf = (agreement: Agreement<string>) => Object.fromEntries(agreement.values);

describe("gateways that share a store", () => {
  test("know what one has set, and what it has taken back", async () => {
    const { join, clock } = gateways();
    const [first, second] = [join(), join()];
    await first.set("a", "1");
    await second.look();
    expect(valuesOf(second)).toEqual({ a: "1" });
    clock.advance(1);
    await second.set("a", undefined);
    await first.look();
    expect([valuesOf(first), valuesOf(second)]).toEqual([{}, {}]);
    expect([first.isShared, second.isShared]).toEqual([true, true]);
  });

  test("know after a restart, and tell whoever asks to be told of changes by others", async () => {
    const { join } = gateways();
    await join().set("a", "1");
    const again = join();
    const ending = new AbortController();
    let changes = 0;
    await again.start(ending.signal, () => changes++);
    expect([valuesOf(again), changes]).toEqual([{ a: "1" }, 0]);
    await join().set("b", "2");
    await again.look();
    await again.look();
    expect(changes).toBe(1);
    ending.abort();
  });

  test("go on by themselves while it is away, say so once, and agree afterwards", async () => {
    const { join, away, logs, clock } = gateways();
    const [first, second] = [join(), join()];
    await first.set("a", "1");
    await second.look();
    away.isAway = true;
    await first.set("b", "2");
    clock.advance(5);
    await second.set("a", undefined);
    await second.set("c", "3");
    expect([first.isShared, second.isShared]).toEqual([false, false]);
    expect([valuesOf(first), valuesOf(second)]).toEqual([{ a: "1", b: "2" }, { c: "3" }]);
    expect(logs.filter(({ message }) => message.startsWith("gateways cannot agree"))).toHaveLength(2);
    away.isAway = false;
    for (let turn = 0; turn < 2; turn++) for (const one of [first, second]) await one.look();
    expect([valuesOf(first), valuesOf(second)]).toEqual(Array(2).fill({ b: "2", c: "3" }));
    expect(logs.filter(({ message }) => message === "gateways agree again")).toHaveLength(2);
  });

  test("write anew what the store has lost, and nothing while nothing was said", async () => {
    const { join, own } = gateways();
    const [first, silent] = [join(), join()];
    await silent.look();
    expect(await own.get("notes")).toBeUndefined();
    await first.set("a", "1");
    await own.delete("notes");
    await first.look();
    expect(await own.get("notes")).toContain('"a"');
  });

  test("hold to the latest word, also where a clock is behind", async () => {
    const { join, clock } = gateways();
    const first = join();
    await first.set("a", "1");
    clock.advance(-60_000);
    await first.set("a", "2");
    const second = join();
    await second.look();
    expect(valuesOf(second)).toEqual({ a: "2" });
  });

  test.each(["", "{", "7", "null", '[["a"]]', '[[1,2,"x"]]', '[["a","b","c"]]', '[["a",1,7]]', '[["a",1e999,"x"]]'])(
    "take no notice of what none of them has written: %s",
    async (text) => {
      const { join, own } = gateways();
      await own.set("notes", text);
      const one = join();
      await one.look();
      expect(valuesOf(one)).toEqual({});
      await one.set("b", "2");
      const other = join();
      await other.look();
      expect(valuesOf(other)).toEqual({ b: "2" });
    },
  );

  test("keep no more than they may, whatever the store holds", async () => {
    const { join, own } = gateways(3);
    await own.set("notes", JSON.stringify(Array.from({ length: 50 }, (_, index) => [`n${index}`, index, "x"])));
    const one = join();
    await one.look();
    expect(Object.keys(valuesOf(one)).toSorted()).toEqual(["n47", "n48", "n49"]);
    await own.set("notes", `["${"x".repeat(1_100_000)}"]`);
    await one.look();
    expect(one.values.size).toBe(3);
  });

  test("forget all when none of them has run for a week", async () => {
    const { join, own, clock } = gateways();
    await join().set("a", "1");
    clock.advance(7 * DAY + 1);
    expect(await own.get("notes")).toBeUndefined();
  });
});

test("without a store all is as with it, for one", async () => {
  const { log, now } = createTestLasting();
  const read = (value: unknown) => (typeof value === "string" ? value : undefined);
  const alone = new Agreement<string>({ name: "notes", log, now, read, most: 5 });
  await alone.start(new AbortController().signal, () => {});
  await alone.set("a", "1");
  await alone.set("b", "2");
  alone.forget((value) => value === "1");
  expect([valuesOf(alone), alone.isShared]).toEqual([{ b: "2" }, false]);
});

describe("words", () => {
  const words = (...list: readonly (readonly [string, number, string | undefined])[]): Words<string> =>
    new Map(list.map(([id, at, value]) => [id, { at, value }]));

  test("are joined to the same, whoever hears of whom first", () => {
    const all = [
      words(["a", 1, "x"], ["b", 5, undefined]),
      words(["a", 1, "y"], ["b", 4, "z"]),
      words(["c", 3, "q"], ["b", 5, "later"]),
    ];
    const results = [all, all.toReversed(), [all[1], all[0], all[2], all[1]]].map((list) =>
      encodeWords(list.reduce<Words<string>>((sum, one) => merged(sum, one ?? new Map(), 0, 10), new Map())),
    );
    expect(new Set(results).size).toBe(1);
    expect(results[0]).toBe('[["a",1,"y"],["b",5,"later"],["c",3,"q"]]');
  });

  test("that were taken back long ago are dropped", () => {
    expect(merged(words(["a", 1, undefined], ["b", 1, "x"]), words(), 2, 10).size).toBe(1);
  });

  test("are read as they were written", () => {
    const some = words(["a", 1, "x"], ["b", 2, undefined]);
    const read = (value: unknown) => (typeof value === "string" ? value : undefined);
    expect(decodeWords(encodeWords(some), read)).toEqual(some);
  });
});
