import { groupKey, storeKey } from "../../store/key.ts";
import type { Store, Wait } from "../../store/store.ts";
import { atLatest } from "../latest.ts";
import { createKey, type NewKey } from "./key-text.ts";
import { type KeyHolder, type KeyRecord, parseRecord } from "./record.ts";

/** How long a key that has expired is still listed, in ms. */
const RETENTION_MS = 30 * 86_400_000;
/** Ms for the store, where people wait and no request does. */
const WAIT: Wait = { timeoutMs: 5_000 };
const LOCK = { ttlMs: 10_000, waitMs: 5_000 };
/** Numbers that one page of a list looks at. */
const SCANNED = 500;
/** Channel on which a key's id is told when it has changed. */
export const CHANGES = "changed";

export interface IssueOptions extends KeyHolder {
  /** Ms since 1970; never unless told. */
  readonly expiresAt?: number | undefined;
}

export interface KeyPage {
  /** The newest first. */
  readonly records: readonly KeyRecord[];
  /** Where the next page begins; undefined if this was the last. */
  readonly next: number | undefined;
}

/** A key's uses, as far as gateways have reported them. */
export interface KeyUse {
  readonly uses: number;
  /** Ms since 1970. */
  readonly lastUsedAt: number | undefined;
}

/** A key's text, and what is kept of it. */
export type IssuedKey = NewKey & { readonly record: KeyRecord };

/** Another rotation or revocation of the key is under way. */
export class KeyBusyError extends Error {
  override readonly name = "KeyBusyError";
}

/**
 * The keys in a store: `{ID}:key` a record, `{ID}:revoked` the mark that ends it for good, `issued` how many there have
 * been, `slot:N` the id of the Nth. Everything rejects with StoreError where the store does not answer.
 */
export class KeyRing {
  readonly #store: Store;
  readonly #now: () => number;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * Makes a key and keeps its hash. The key's text is in the answer and nowhere else. Who asks with a seed that somebody
   * has asked with gets the same key.
   */
  async issue({ owner, scopes, tier, metadata, expiresAt: end }: IssueOptions, seed?: string): Promise<IssuedKey> {
    const key = createKey(seed === undefined ? {} : { seed });
    const createdAt = this.#now();
    const expiresAt = end === undefined ? undefined : atLatest(end);
    const record: KeyRecord = { id: key.id, hash: key.hash, owner, scopes, tier, metadata, createdAt, expiresAt };
    const kept = this.#keptFor(record);
    const isNew = await this.#store.set(
      groupKey(key.id, "key"),
      JSON.stringify(record),
      { ...kept, ifAbsent: true },
      WAIT,
    );
    if (!isNew) return { ...key, record: (await this.find(key.id)) ?? record };
    const number = await this.#store.increment("issued", 1, undefined, WAIT);
    await this.#store.set(storeKey("slot", String(number)), key.id, kept, WAIT);
    await this.#tell(key.id);
    return { ...key, record };
  }

  /** Undefined if there is none. */
  async find(id: string, wait: Wait = WAIT): Promise<KeyRecord | undefined> {
    const [text, revoked] = await this.#store.getMany([groupKey(id, "key"), groupKey(id, "revoked")], wait);
    const record = text === undefined ? undefined : parseRecord(text);
    if (record === undefined || revoked === undefined) return record;
    return { ...record, revokedAt: Number(revoked) };
  }

  /** So many keys at most, from that place on. A page may have fewer, or none, and still not be the last. */
  async list(limit: number, from?: number): Promise<KeyPage> {
    const first = from ?? Number((await this.#store.get("issued", WAIT)) ?? 0);
    const numbers = Array.from({ length: Math.min(SCANNED, first) }, (_, i) => first - i);
    const slots = await this.#store.getMany(
      numbers.map((number) => storeKey("slot", String(number))),
      WAIT,
    );
    const used = slots.flatMap((id, i) => (id === undefined ? [] : [{ id, number: numbers[i] ?? 0 }]));
    const page = used.slice(0, limit);
    const records = await Promise.all(page.map(({ id }) => this.find(id)));
    const last = used.length > limit ? page.at(-1)?.number : numbers.at(-1);
    const next = last === undefined || last <= 1 ? undefined : last - 1;
    return { records: records.filter((record) => record !== undefined), next };
  }

  /** A new key of the same id; the old one holds for `graceMs` more. Undefined if there is none, or it was revoked. */
  rotate(id: string, graceMs: number, seed?: string): Promise<IssuedKey | undefined> {
    return this.#locked(id, async () => {
      const old = await this.find(id);
      if (old === undefined || old.revokedAt !== undefined) return undefined;
      const key = createKey(seed === undefined ? { id } : { id, seed });
      if (key.hash === old.hash) return { ...key, record: old };
      const rotatedAt = this.#now();
      const previous = graceMs > 0 ? { hash: old.hash, endsAt: atLatest(rotatedAt + graceMs) } : undefined;
      const record: KeyRecord = { ...old, hash: key.hash, previous, rotatedAt };
      await this.#store.set(groupKey(id, "key"), JSON.stringify(record), this.#keptFor(record), WAIT);
      await this.#tell(id);
      return { ...key, record };
    });
  }

  /** Ends a key for good; false if there is none. The mark lasts as long as the record: no rotation can undo it. */
  async revoke(id: string): Promise<boolean> {
    const record = await this.find(id);
    if (record === undefined) return false;
    const mark = { ...this.#keptFor(record), ifAbsent: true };
    await this.#store.set(groupKey(id, "revoked"), String(this.#now()), mark, WAIT);
    await this.#tell(id);
    return true;
  }

  /** Adds uses to those of a key. They are kept as long as the key. */
  addUses({ id, expiresAt }: Pick<KeyRecord, "id" | "expiresAt">, uses: number, lastUsedAt: number): Promise<void> {
    const kept = this.#keptFor({ expiresAt });
    return this.#store.transact(
      [
        { op: "increment", key: groupKey(id, "uses"), by: uses, ...kept },
        { op: "set", key: groupKey(id, "used-at"), value: String(lastUsedAt), ...kept },
      ],
      WAIT,
    );
  }

  async usesOf(ids: readonly string[]): Promise<readonly KeyUse[]> {
    const keys = ids.flatMap((id) => [groupKey(id, "uses"), groupKey(id, "used-at")]);
    const found = await this.#store.getMany(keys, WAIT);
    return ids.map((_, i) => {
      const [uses, at] = [found[2 * i], found[2 * i + 1]];
      return { uses: Number(uses ?? 0), lastUsedAt: at === undefined ? undefined : Number(at) };
    });
  }

  async #locked<T>(id: string, work: () => Promise<T>): Promise<T> {
    const lock = await this.#store.lock(id, { ...LOCK, ...WAIT });
    if (lock === undefined) throw new KeyBusyError("the key is being changed by somebody else");
    try {
      return await work();
    } finally {
      await lock.release(WAIT).catch(() => {});
    }
  }

  /** Gateways that do not hear it see the change when what they remember is too old. */
  async #tell(id: string): Promise<void> {
    await this.#store.publish(CHANGES, id, WAIT).catch(() => {});
  }

  #keptFor({ expiresAt }: Pick<KeyRecord, "expiresAt">): { readonly ttlMs?: number } {
    return expiresAt === undefined ? {} : { ttlMs: Math.max(1, Math.round(expiresAt - this.#now())) + RETENTION_MS };
  }
}
