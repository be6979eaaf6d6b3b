import type { KeyGroup } from "./key-group.ts";
import type { Charge, Taken } from "./limit.ts";

/** How long a call may wait. Without it: as long as the store's own bound on a command (`redis.command-timeout`). */
export interface Wait {
  /** Aborted: the call rejects with the reason "aborted". */
  readonly signal?: AbortSignal;
  /** Ms; the store's own bound holds besides. */
  readonly timeoutMs?: number;
}

export interface SetOptions {
  /** Ms after which it is gone; kept until deleted unless told. At least 1. */
  readonly ttlMs?: number;
  /** Writes only where there is nothing. */
  readonly ifAbsent?: boolean;
}

/** One write of a transaction. */
export type Write =
  | { readonly op: "set"; readonly key: string; readonly value: string; readonly ttlMs?: number }
  | { readonly op: "delete"; readonly key: string }
  | { readonly op: "increment"; readonly key: string; readonly by: number; readonly ttlMs?: number };

/** A lock that is held until it is released or its time is over. */
export interface Lock {
  /**
   * Greater than that of every earlier holder of this key. Whoever is written to under the lock can refuse a smaller
   * number than it has seen: the only protection from a holder that has slept through the end of its time.
   */
  readonly fence: number;
  /** Begins its time anew, from now; false if it was lost meanwhile. */
  extend(ttlMs: number, wait?: Wait): Promise<boolean>;
  /** False if it was lost before. */
  release(wait?: Wait): Promise<boolean>;
}

export interface LockOptions extends Wait {
  /** Ms after which it is free again, whatever became of its holder. */
  readonly ttlMs: number;
  /**
   * Ms for which its fence is remembered past its time, a day unless told: less for locks of very many keys, whose fences
   * nobody compares.
   */
  readonly fenceMs?: number;
  /** Ms to wait for another holder to be done; 0 unless told: then one look decides. */
  readonly waitMs?: number;
}

/** One of a semaphore's places. */
export interface Lease {
  /** Places in use when this one was taken, with it. */
  readonly inUse: number;
  /** Holds it for another `leaseMs`, from now; false if its time was over. */
  renew(wait?: Wait): Promise<boolean>;
  /** False if its time was over before. */
  release(wait?: Wait): Promise<boolean>;
}

export interface LeaseOptions extends Wait {
  /** Places of the semaphore. */
  readonly limit: number;
  /** Ms after which the place is free again unless renewed: those of a gateway that has died free themselves. */
  readonly leaseMs: number;
}

/** Hears what is published on a channel. It must not throw, and not wait. */
export interface Subscriber {
  onMessage(message: string): void;
  /**
   * It listens from now on: called once at the beginning, and after every gap in the connection. What was published
   * before may have been missed, so whoever keeps a copy of something reads it again.
   */
  onOpen?(): void;
}

/**
 * What gateways share: one Redis for all of them, or the memory of this one. Each plugin has a part of its own; its keys
 * never meet those of others. Time is the store's: Redis's clock, or the gateway's.
 *
 * Every call rejects with StoreError and nothing else, but for arguments out of range, which are a RangeError. Times are
 * in ms. A value may be evicted by nothing but its own end: a store without room refuses new ones (reason "full").
 */
export interface Store {
  get(key: string, wait?: Wait): Promise<string | undefined>;
  getBytes(key: string, wait?: Wait): Promise<Uint8Array | undefined>;
  /** In one round trip, in their order. */
  getMany(keys: readonly string[], wait?: Wait): Promise<readonly (string | undefined)[]>;
  /**
   * The few texts that there are, by the places of their keys among the keys of all groups. For keys that mostly have
   * nothing: then it is one round trip and costs next to nothing, if the groups are kept and asked for again.
   */
  getFew(groups: readonly KeyGroup[], wait?: Wait): Promise<ReadonlyMap<number, string>>;
  exists(key: string, wait?: Wait): Promise<boolean>;
  /** False if `ifAbsent` was asked for and there is something. */
  set(key: string, value: string | Uint8Array, options?: SetOptions, wait?: Wait): Promise<boolean>;
  /** False if there was nothing. */
  delete(key: string, wait?: Wait): Promise<boolean>;
  /** Adds to a counter, and answers what it is then. The first increment starts it at 0 and sets its `ttlMs`. */
  increment(key: string, by: number, ttlMs?: number, wait?: Wait): Promise<number>;
  /** Does all of it or none. In a Cluster the keys share a place: all were made by `groupKey` with one group. */
  transact(writes: readonly Write[], wait?: Wait): Promise<void>;

  /**
   * Asks limits for room, in one atomic step: each is charged if all have it, none if one has not. In a Cluster limits
   * of one key share a place; those of other keys are asked one after the other and given back when a later one
   * refuses, so that a refusal may cost others a little for a moment.
   */
  take(charges: readonly Charge[], wait?: Wait): Promise<readonly Taken[]>;
  /** Works out once what is then asked often: for `take` of this part of the store, whatever else it is. Throws RangeError. */
  prepare(charges: readonly Charge[]): readonly Charge[];
  /**
   * The same as `take` without a promise. Only the embedded store has it, where nothing waits; a shared one leaves it out. Throws
   * what `take` rejects with.
   */
  readonly takeNow?: (charges: readonly Charge[]) => readonly Taken[];
  /**
   * The same as `take`, in one atomic step with a look at other keys. Only a store that has all keys in one place can do it, a
   * single Redis: others leave it out. The request is told once, and never before this has returned. Throws RangeError.
   */
  readonly ask?: (request: TakeRequest) => void;
  /** Gives back what was taken, for work that was not done after all. */
  giveBack(charges: readonly Charge[], wait?: Wait): Promise<void>;

  /** Undefined if somebody else has it. */
  lock(key: string, options: LockOptions): Promise<Lock | undefined>;
  /** One of the places, or undefined if all are in use. */
  lease(key: string, options: LeaseOptions): Promise<Lease | undefined>;
  /** Places in use at the moment. */
  leased(key: string, wait?: Wait): Promise<number>;

  /**
   * Keys that begin with that text, at most so many, in no order; locks, leases and limits have keys of other forms. The
   * store goes through all that it has, piece by piece: for seldom use, never for a request.
   */
  keys(start: string, most: number, wait?: Wait): Promise<readonly string[]>;
  /** That key as it stands in the store: what `raw` knows it under. */
  wholeKey(key: string): string;

  /** Tells all who listen at the moment, here and at other gateways; kept for nobody. */
  publish(channel: string, message: string, wait?: Wait): Promise<void>;
  /** Listens until the function it returns is called, through failures of the store. Never rejects. */
  subscribe(channel: string, subscriber: Subscriber): () => void;

  /**
   * The same store with keys as they stand, without `redis.key-prefix` and the plugin's part: for what other programs
   * write or read.
   */
  readonly raw: Store;
}

/** The limits of one request, and what it goes on with: who is told by a call needs no promise. It must not throw. */
export interface TakeRequest {
  /** Made by `prepare`. */
  readonly charges: readonly Charge[];
  /** Keys of `raw`: if there is one of them, nothing is charged. At most 16. */
  readonly unless: KeyGroup | undefined;
  onTaken(taken: readonly Taken[]): void;
  /** There is one of the keys. */
  onHeld(): void;
  /** With a StoreError; nobody knows whether there is one of the keys. */
  onStoreFailure(error: unknown): void;
}

/** The memory of this gateway, where nothing waits. */
export type LocalStore = Store & Required<Pick<Store, "takeNow">>;
