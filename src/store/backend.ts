import type { KeyGroup } from "./key-group.ts";
import type { Charge, Taken } from "./limit.ts";
import type { OwnCharge, OwnTakeRequest } from "./own-charge.ts";
import type { StoreReport } from "./report.ts";
import type { Subscriber, Wait, Write } from "./store.ts";

/** What keeps the data of a store: its keys are complete, its locks and leases are told by their tokens. */
export interface Backend {
  get(key: string, wait?: Wait): Promise<string | undefined>;
  getBytes(key: string, wait?: Wait): Promise<Uint8Array | undefined>;
  getMany(keys: readonly string[], wait?: Wait): Promise<readonly (string | undefined)[]>;
  getFew(groups: readonly KeyGroup[], wait?: Wait): Promise<ReadonlyMap<number, string>>;
  exists(key: string, wait?: Wait): Promise<boolean>;
  /** A `ttlMs` of 0 is none. */
  set(key: string, value: string | Uint8Array, ttlMs: number, ifAbsent: boolean, wait?: Wait): Promise<boolean>;
  delete(key: string, wait?: Wait): Promise<boolean>;
  increment(key: string, by: number, ttlMs: number, wait?: Wait): Promise<number>;
  /** Keys share a place: the caller has seen to it. */
  transact(writes: readonly Write[], wait?: Wait): Promise<void>;
  /** Charges are checked, their keys complete and different. */
  take(charges: readonly OwnCharge[], wait?: Wait): Promise<readonly Taken[]>;
  /** Only where all keys are in one place. */
  readonly ask?: (request: OwnTakeRequest) => void;
  giveBack(charges: readonly Charge[], wait?: Wait): Promise<void>;
  /** The fence of the new holder, remembered for `fenceMs` past its time; 0 if somebody else has it. */
  lock(key: string, token: string, ttlMs: number, fenceMs: number, wait?: Wait): Promise<number>;
  extendLock(key: string, token: string, ttlMs: number, wait?: Wait): Promise<boolean>;
  unlock(key: string, token: string, wait?: Wait): Promise<boolean>;
  /** Places in use with the new one; 0 if none was free. */
  lease(key: string, token: string, limit: number, leaseMs: number, wait?: Wait): Promise<number>;
  renewLease(key: string, token: string, leaseMs: number, wait?: Wait): Promise<boolean>;
  releaseLease(key: string, token: string, wait?: Wait): Promise<boolean>;
  leased(key: string, wait?: Wait): Promise<number>;
  /** Those that begin with that text, each once. */
  keys(start: string, most: number, wait?: Wait): Promise<readonly string[]>;
  publish(channel: string, message: string, wait?: Wait): Promise<void>;
  subscribe(channel: string, subscriber: Subscriber): () => void;
  report(): StoreReport;
  /** Ends every wait with the reason "closed", and its connections. */
  close(): Promise<void>;
}
