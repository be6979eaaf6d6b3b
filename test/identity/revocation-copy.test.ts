import { describe, expect, test } from "bun:test";
import { parseRevocation } from "../../src/identity/revocation.ts";
import { RevocationCopy } from "../../src/identity/revocation-copy.ts";
import { compileJtiKey } from "../../src/identity/revocation-keys.ts";
import { createRevocations } from "../../src/identity/revocations.ts";
import type { Store } from "../../src/store/store.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { until } from "../support/until.ts";

/** A store of its own, and a copy of what is revoked there. `through` may stand in the way of what the copy reads. */
function setUp(resyncMs: number, through: (raw: Store) => Store = (raw) => raw) {
  const lasting = createTestLasting();
  const store = lasting.store.of("jwt");
  const seen = new Proxy(store, {
    get(target, name) {
      if (name === "raw") return through(target.raw);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const copy = new RevocationCopy({ store: seen, form: compileJtiKey("blacklist:{jti}"), resyncMs, log: lasting.log });
  const revocations = createRevocations(store, ["blacklist:{jti}"], lasting.now);
  const revoke = (jti: string) => revocations.revoke(parseRevocation({ jti }, lasting.now()));
  const restore = (jti: string) => revocations.restore({ kind: "jti", value: jti });
  return { lasting, store, copy, revoke, restore };
}

/** Every reading stops before its end until it is let go on. */
function gate() {
  const readers: (() => void)[] = [];
  const through = (raw: Store) =>
    new Proxy(raw, {
      get(target, name) {
        if (name !== "keys") return Reflect.get(target, name, target).bind(target);
        return async (...args: Parameters<Store["keys"]>) => {
          const keys = await target.keys(...args);
          if (args[0] === "blacklist:") await new Promise<void>((resolve) => readers.push(resolve));
          return keys;
        };
      },
    });
  return { through, readers };
}

describe("a copy of what is revoked", () => {
  test("is told at once", async () => {
    const { copy, revoke, restore } = setUp(60_000);
    await until(() => copy.isUsable);
    await revoke("a");
    await until(() => copy.get("blacklist:a") === "1");
    await restore("a");
    await until(() => copy.get("blacklist:a") === undefined);
    copy.close();
  });

  test("keeps what it is told while it reads what was there before", async () => {
    const { through, readers } = gate();
    const { copy, revoke, restore, store } = setUp(60_000, through);
    await until(() => readers.length > 0);
    expect(copy.isUsable).toBe(false);
    await revoke("a");
    await revoke("b");
    await restore("b");
    await store.raw.set("blacklist:unread", "1");
    readers[0]?.();
    await until(() => copy.isUsable);
    expect([copy.get("blacklist:a"), copy.get("blacklist:b"), copy.size]).toEqual(["1", undefined, 1]);
    copy.close();
  });

  test("finds what it was not told, and forgets what has ended", async () => {
    const { copy, store, lasting } = setUp(5);
    await store.raw.set("blacklist:a", "1", { ttlMs: 1_000 });
    await until(() => copy.get("blacklist:a") === "1");
    lasting.clock.advance(1_000);
    await until(() => copy.size === 0);
    copy.close();
  });

  test("passes over messages that are none", async () => {
    const { copy, store, lasting, revoke } = setUp(60_000);
    await until(() => copy.isUsable);
    const messages = ["", "null", "{}", '{"kind":"x","value":"a"}', '{"kind":"jti"}', '{"kind":"subject","value":"a"}'];
    for (const message of messages) await store.publish("revocations", message);
    await revoke("a");
    await until(() => copy.size === 1);
    expect(lasting.logs.filter(({ level }) => level === "warn")).toHaveLength(messages.length);
    copy.close();
  });

  test("gives up when there is too much to copy, and begins again when there is not", async () => {
    const { copy, store, lasting } = setUp(5);
    await until(() => copy.isUsable);
    for (let i = 0; i <= 200_000; i++) await store.raw.set(`blacklist:${i}`, "1");
    await until(() => !copy.isUsable);
    expect(copy.size).toBe(0);
    expect(lasting.logs.filter(({ level }) => level === "error")).toHaveLength(1);
    await store.raw.delete("blacklist:0");
    await until(() => copy.isUsable, { timeout: 20_000 });
    expect(copy.size).toBe(200_000);
    copy.close();
  }, 60_000);

  test("is of no use once it is closed", async () => {
    const { copy, revoke } = setUp(5);
    await until(() => copy.isUsable);
    copy.close();
    await revoke("a");
    expect([copy.isUsable, copy.size]).toEqual([false, 0]);
  });
});
