import type { Backend } from "./backend.ts";
import { checkCharges, checkPositive } from "./check.ts";
import { StoreError } from "./error.ts";
import { slotTag } from "./key.ts";
import { KeyGroup } from "./key-group.ts";
import type { Charge, Taken } from "./limit.ts";
import { waitForLock } from "./lock.ts";
import type { MemoryBackend } from "./memory/backend.ts";
import { OwnCharge, type OwnTakeRequest } from "./own-charge.ts";
import type {
  Lease,
  LeaseOptions,
  LocalStore,
  Lock,
  LockOptions,
  SetOptions,
  Store,
  Subscriber,
  TakeRequest,
  Wait,
  Write,
} from "./store.ts";

/** How long the fence of a lock that nobody holds is remembered. */
const FENCE_MS = 86_400_000;

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
      if (!isOwn(request, this)) throw new RangeError("these charges are not prepared");
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
    return this.#backend.set(this.#start + key, value, ttlOf(ttlMs), ifAbsent, wait);
  }

  delete(key: string, wait?: Wait) {
    return this.#backend.delete(this.#start + key, wait);
  }

  async increment(key: string, by: number, ttlMs?: number, wait?: Wait) {
    checkWhole(by);
    return this.#backend.increment(this.#start + key, by, ttlOf(ttlMs), wait);
  }

  async transact(writes: readonly Write[], wait?: Wait) {
    const [first] = writes;
    if (first === undefined) return;
    const tag = slotTag(this.#start + first.key);
    const own = writes.map((write) => {
      if (write.op !== "delete") ttlOf(write.ttlMs);
      if (write.op === "increment") checkWhole(write.by);
      const key = this.#start + write.key;
      if (slotTag(key) !== tag) throw new RangeError("the keys of a transaction have one group: make them by groupKey");
      return { ...write, key };
    });
    if (new Set(own.map(({ key }) => key)).size < own.length) {
      throw new RangeError("a transaction writes each key once");
    }
    await this.#backend.transact(own, wait);
  }

  prepare(charges: readonly Charge[]): readonly Charge[] {
    return this.#charges(charges);
  }

  /** Every limited request comes through here: no promise but the backend's. */
  take(charges: readonly Charge[], wait?: Wait): Promise<readonly Taken[]> {
    if (charges.length === 0) return Promise.resolve([]);
    try {
      return this.#backend.take(this.#charges(charges), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async giveBack(charges: readonly Charge[], wait?: Wait) {
    if (charges.length > 0) await this.#backend.giveBack(this.#charges(charges), wait);
  }

  async lock(key: string, options: LockOptions): Promise<Lock | undefined> {
    checkPositive("time of a lock in ms", options.ttlMs);
    const backend = this.#backend;
    const own = `${this.#start}lock:{${tagged(key)}}`;
    const token = crypto.randomUUID();
    const { ttlMs, fenceMs = FENCE_MS } = options;
    const fence = await waitForLock(() => backend.lock(own, token, ttlMs, fenceMs, options), options);
    if (fence === 0) return undefined;
    return {
      fence,
      async extend(ttlMs, wait) {
        checkPositive("time of a lock in ms", ttlMs);
        return backend.extendLock(own, token, ttlMs, wait);
      },
      release: (wait) => backend.unlock(own, token, wait),
    };
  }

  async lease(key: string, options: LeaseOptions): Promise<Lease | undefined> {
    const { limit, leaseMs } = options;
    checkPositive("limit of a semaphore", limit);
    checkPositive("time of a lease in ms", leaseMs);
    const backend = this.#backend;
    const own = this.#leaseKey(key);
    const token = crypto.randomUUID();
    const taking = backend.lease(own, token, limit, leaseMs, options);
    // One that came too late may have been given all the same.
    const inUse = await taking.catch((error: unknown) => {
      if (error instanceof StoreError && isUncertain(error)) backend.releaseLease(own, token).catch(() => {});
      throw error;
    });
    if (inUse === 0) return undefined;
    return {
      inUse,
      renew: (wait) => backend.renewLease(own, token, leaseMs, wait),
      release: (wait) => backend.releaseLease(own, token, wait),
    };
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

  /** Limits of one key share a place in a Cluster: the key is the part in braces. */
  #charges(charges: readonly Charge[]): readonly OwnCharge[] {
    if (isPrepared(charges, this)) return charges;
    const own = charges.map((charge) => {
      const key = `${this.#start}limit:{${tagged(charge.key)}}:${charge.policy.id}`;
      return new OwnCharge(key, charge, this);
    });
    checkCharges(own);
    return own;
  }

  /** For those below. */
  protected ownCharges(charges: readonly Charge[]): readonly OwnCharge[] {
    return this.#charges(charges);
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

/** Those that `prepare` has made are all of one part of the store. */
function isPrepared(charges: readonly Charge[], part: object): charges is readonly OwnCharge[] {
  const [first] = charges;
  if (!(first instanceof OwnCharge)) return false;
  if (first.part === part) return true;
  throw new RangeError("these charges were prepared by another part of the store");
}

function isOwn(request: TakeRequest, part: object): request is OwnTakeRequest {
  return isPrepared(request.charges, part);
}

/** Whether it may have been done in spite of its failure. */
function isUncertain({ reason }: StoreError): boolean {
  return reason === "timeout" || reason === "aborted";
}

/** A closing brace would end the part that decides the place; an escape keeps different keys different. */
function tagged(key: string): string {
  return key.includes("}") || key.includes("%") ? key.replaceAll("%", "%25").replaceAll("}", "%7D") : key;
}

function ttlOf(ttlMs: number | undefined): number {
  if (ttlMs === undefined) return 0;
  checkPositive("time to live in ms", ttlMs);
  return ttlMs;
}

function checkWhole(by: number): void {
  if (!Number.isSafeInteger(by)) throw new RangeError(`expected a whole number to add, found ${by}`);
}
