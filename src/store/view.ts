import type { Backend } from "./backend.ts";
import { checkedTtl, checkPositive, checkWhole } from "./check.ts";
import { bracedKey } from "./key.ts";
import { KeyGroup } from "./key-group.ts";
import { acquireLease } from "./lease.ts";
import type { Charge, Taken } from "./limit.ts";
import { acquireLock } from "./lock.ts";
import type { MemoryBackend } from "./memory/backend.ts";
import { isOwnRequest, ownCharges } from "./own-charge.ts";
import { ownWrites } from "./own-writes.ts";
import type {
  LeaseOptions,
  LocalStore,
  LockOptions,
  SetOptions,
  Store,
  Subscriber,
  TakeRequest,
  Wait,
  Write,
} from "./store.ts";

/** A part of a backend as plugins see it: every key begins with that text, and none has to know. */
export function createStoreView(backend: Backend, start: string): Store {
  return new StoreView(backend, start);
}

/** The same of the memory of this gateway. */
export function createLocalView(backend: MemoryBackend, start: string): LocalStore {
  return new LocalView(backend, start);
}

class StoreView implements Store {
  readonly #backend: Backend;
  readonly #start: string;
  #raw: Store | undefined = undefined;
  readonly ask?: (request: TakeRequest) => void;

  constructor(backend: Backend, start: string) {
    this.#backend = backend;
    this.#start = start;
    const { ask } = backend;
    if (ask === undefined) return;
    this.ask = (request) => {
      if (!isOwnRequest(request, this)) throw new RangeError("these charges are not prepared");
      ask(request);
    };
  }

  get raw(): Store {
    if (this.#start === "") return this;
    this.#raw ??= new StoreView(this.#backend, "");
    return this.#raw;
  }

  get(key: string, wait?: Wait) {
    return this.#backend.get(this.#start + key, wait);
  }

  getBytes(key: string, wait?: Wait) {
    return this.#backend.getBytes(this.#start + key, wait);
  }

  async getMany(keys: readonly string[], wait?: Wait) {
    if (keys.length === 0) return [];
    return this.#backend.getMany(
      keys.map((key) => this.#start + key),
      wait,
    );
  }

  async getFew(groups: readonly KeyGroup[], wait?: Wait) {
    if (groups.length === 0) return new Map<number, string>();
    if (this.#start === "") return this.#backend.getFew(groups, wait);
    const own = groups.map(({ keys }) => new KeyGroup(keys.map((key) => this.#start + key)));
    return this.#backend.getFew(own, wait);
  }

  exists(key: string, wait?: Wait) {
    return this.#backend.exists(this.#start + key, wait);
  }

  async set(key: string, value: string | Uint8Array, { ttlMs, ifAbsent = false }: SetOptions = {}, wait?: Wait) {
    return this.#backend.set(this.#start + key, value, checkedTtl(ttlMs), ifAbsent, wait);
  }

  delete(key: string, wait?: Wait) {
    return this.#backend.delete(this.#start + key, wait);
  }

  async increment(key: string, by: number, ttlMs?: number, wait?: Wait) {
    checkWhole(by);
    return this.#backend.increment(this.#start + key, by, checkedTtl(ttlMs), wait);
  }

  async transact(writes: readonly Write[], wait?: Wait) {
    if (writes.length > 0) await this.#backend.transact(ownWrites(writes, this.#start), wait);
  }

  prepare(charges: readonly Charge[]): readonly Charge[] {
    return this.ownCharges(charges);
  }

  /** Every limited request comes through here: no promise but the backend's. */
  take(charges: readonly Charge[], wait?: Wait): Promise<readonly Taken[]> {
    if (charges.length === 0) return Promise.resolve([]);
    try {
      return this.#backend.take(this.ownCharges(charges), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async giveBack(charges: readonly Charge[], wait?: Wait) {
    if (charges.length > 0) await this.#backend.giveBack(this.ownCharges(charges), wait);
  }

  async lock(key: string, options: LockOptions) {
    return acquireLock(this.#backend, `${this.#start}lock:${bracedKey(key)}`, options);
  }

  async lease(key: string, options: LeaseOptions) {
    return acquireLease(this.#backend, this.#leaseKey(key), options);
  }

  leased(key: string, wait?: Wait) {
    return this.#backend.leased(this.#leaseKey(key), wait);
  }

  async keys(start: string, most: number, wait?: Wait) {
    checkPositive("number of keys", most);
    const found = await this.#backend.keys(this.#start + start, most, wait);
    return found.map((key) => key.slice(this.#start.length));
  }

  wholeKey(key: string) {
    return this.#start + key;
  }

  publish(channel: string, message: string, wait?: Wait) {
    return this.#backend.publish(this.#start + channel, message, wait);
  }

  subscribe(channel: string, subscriber: Subscriber) {
    return this.#backend.subscribe(this.#start + channel, subscriber);
  }

  #leaseKey(key: string): string {
    return `${this.#start}lease:${key}`;
  }

  /** Those that `prepare` has made are taken as they are. */
  protected ownCharges(charges: readonly Charge[]) {
    return ownCharges(charges, this.#start, this);
  }
}

class LocalView extends StoreView implements LocalStore {
  readonly #memory: MemoryBackend;

  constructor(backend: MemoryBackend, start: string) {
    super(backend, start);
    this.#memory = backend;
  }

  takeNow(charges: readonly Charge[]): readonly Taken[] {
    return charges.length === 0 ? [] : this.#memory.takeNow(this.ownCharges(charges));
  }
}
