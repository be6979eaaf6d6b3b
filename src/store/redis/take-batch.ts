import type { Charge, Taken } from "../limit.ts";
import type { OwnCharge } from "../own-charge.ts";
import type { RedisConnection } from "./connection.ts";
import { toStoreError } from "./failure.ts";
import { TAKE } from "./limit-scripts.ts";
import { bulk, ScriptInput } from "./ready-command.ts";
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
  #input = new ScriptInput();
  #isDue = false;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** Resolves with the answers. Rejects with StoreError. */
  take(charges: readonly OwnCharge[]): Promise<readonly Taken[]> {
    if (this.#input.keyCount + charges.length > MAX_KEYS) this.#send();
    const start = this.#input.keyCount;
    addInput(charges, this.#input);
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
    const sent = this.#connection.runBatch(TAKE, this.#input, requests.length);
    this.#requests = [];
    this.#input = new ScriptInput();
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
function addInput(charges: readonly OwnCharge[], input: ScriptInput): void {
  for (let i = 0; i < charges.length; i++) {
    const charge = charges[i] as OwnCharge;
    // A charge has its place in its call for good: the same text serves each time.
    charge.wire ??= { key: bulk(charge.key), args: bulk(charge.policy.text) + bulk(costText(charge, i === 0)) };
    input.addCharge(charge.wire.key, charge.wire.args);
  }
}

/** The cost as the script reads it: whether it belongs to the charge before, and is forced. */
export function costText({ cost = 1, isForced = false }: Charge, isFirst: boolean): string {
  return `${isFirst ? "" : "+"}${isForced ? "!" : ""}${cost}`;
}
