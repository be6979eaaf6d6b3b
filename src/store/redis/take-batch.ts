import type { Charge, Taken } from "../limit.ts";
import type { OwnCharge, OwnTakeRequest } from "../own-charge.ts";
import { tellAll } from "../tell-all.ts";
import type { RedisConnection } from "./connection.ts";
import { toStoreError } from "./failure.ts";
import { TAKE } from "./limit-scripts.ts";
import { bulk, ScriptInput } from "./ready-command.ts";
import { takenFrom } from "./taken.ts";

/** Keys of one script: more would hold up everybody else for too long. */
const MAX_KEYS = 64;
/** Keys that one request depends on beside them. */
const MAX_OTHERS = 16;

/**
 * Requests that ask limits in one turn of the event loop ask together, in one script: each is still charged by itself,
 * one after the other. Most of what a command costs is then paid once for all of them.
 */
export class TakeBatch {
  readonly #connection: RedisConnection;
  #requests: OwnTakeRequest[] = [];
  #input = new ScriptInput();
  #isDue = false;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** Resolves with the answers. Rejects with StoreError. */
  take(charges: readonly OwnCharge[]): Promise<readonly Taken[]> {
    return new Promise((onTaken, onStoreFailure) => {
      this.ask({ charges, unless: undefined, onTaken, onHeld: () => onTaken([]), onStoreFailure });
    });
  }

  /** Tells the request later. Throws RangeError where it depends on too many keys. */
  ask(request: OwnTakeRequest): void {
    const { charges, unless } = request;
    if (unless !== undefined && unless.keys.length > MAX_OTHERS) {
      throw new RangeError(`a request depends on ${MAX_OTHERS} keys at most`);
    }
    if (this.#input.keyCount + charges.length > MAX_KEYS) this.#send();
    if (unless !== undefined && unless.keys.length > 0) this.#input.addOthers(unless);
    addInput(charges, this.#input);
    this.#requests.push(request);
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(this.#onTurn);
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
        tellAll(requests, (request) => request.onStoreFailure(error));
      },
    );
  }

  #answer(requests: readonly OwnTakeRequest[], reply: unknown): void {
    let next = 0;
    tellAll(requests, (request) => {
      const start = next;
      next += request.charges.length;
      this.#answerOne(request, reply, start);
    });
  }

  #answerOne(request: OwnTakeRequest, reply: unknown, start: number): void {
    let taken: readonly Taken[] | undefined;
    try {
      taken = takenFrom(reply, request.charges, start);
    } catch (error) {
      // The script has succeeded, this part of it has not.
      this.#connection.health.failed(toStoreError(error), 1);
      return request.onStoreFailure(error);
    }
    if (taken === undefined) request.onHeld();
    else request.onTaken(taken);
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
