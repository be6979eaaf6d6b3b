import type { Charge, Taken } from "../limit.ts";
import type { Argument, RedisConnection } from "./connection.ts";
import { toStoreError } from "./failure.ts";
import { TAKE } from "./limit-scripts.ts";
import { takenOf } from "./taken.ts";

/** Keys of one script: more would hold up everybody else for too long. */
const MAX_KEYS = 64;

interface Request {
  readonly charges: readonly Charge[];
  readonly start: number;
  resolve(taken: readonly Taken[]): void;
  reject(error: unknown): void;
}

/**
 * Requests that ask limits in one turn of the event loop ask together, in one script: each is still charged by itself,
 * one after the other. Most of what a command costs is then paid once for all of them.
 */
export class TakeBatch {
  readonly #connection: RedisConnection;
  #requests: Request[] = [];
  #keys: string[] = [];
  #args: Argument[] = [];
  #isDue = false;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** Resolves with the answers. Rejects with StoreError. */
  take(charges: readonly Charge[]): Promise<readonly Taken[]> {
    if (this.#keys.length + charges.length > MAX_KEYS) this.#send();
    const start = this.#keys.length;
    addInput(charges, this.#keys, this.#args);
    if (!this.#isDue) {
      this.#isDue = true;
      setImmediate(this.#onTurn);
    }
    return new Promise((resolve, reject) => this.#requests.push({ charges, start, resolve, reject }));
  }

  readonly #onTurn = (): void => {
    this.#isDue = false;
    if (this.#requests.length > 0) this.#send();
  };

  #send(): void {
    const requests = this.#requests;
    const sent = this.#connection.runBatch(TAKE, this.#keys, this.#args, requests.length);
    this.#requests = [];
    this.#keys = [];
    this.#args = [];
    sent.then(
      (reply) => this.#answer(requests, reply),
      (error: unknown) => {
        for (const { reject } of requests) reject(error);
      },
    );
  }

  #answer(requests: readonly Request[], reply: unknown): void {
    for (const { charges, start, resolve, reject } of requests) {
      try {
        resolve(takenOf(reply, charges, start));
      } catch (error) {
        // The script has succeeded, this part of it has not.
        this.#connection.health.failed(toStoreError(error), 1);
        reject(error);
      }
    }
  }
}

/** Adds what the script reads of these charges, which belong together. */
export function addInput(charges: readonly Charge[], keys: string[], args: Argument[]): void {
  for (let i = 0; i < charges.length; i++) {
    const { key, policy, cost = 1, isForced = false } = charges[i] as Charge;
    keys.push(key);
    args.push(policy.text, i === 0 && !isForced ? cost : `${i === 0 ? "" : "+"}${isForced ? "!" : ""}${cost}`);
  }
}
