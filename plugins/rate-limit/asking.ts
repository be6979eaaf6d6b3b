import {
  type Context,
  type FilterReceiver,
  type PendingCheck,
  PendingFilter,
  type Store,
  StoreError,
  type Taken,
  type TakeRequest,
} from "../../src/plugin.ts";
import type { Charges } from "./charges.ts";

/** What a request is told by. */
export interface Verdict {
  readonly ask: NonNullable<Store["ask"]>;
  /** The answer where the store has failed. Throws GatewayError. */
  onFailure(error: unknown, asked: Charges): readonly Taken[] | undefined;
  /** Who is calling is known, so that limits have the last word. Throws GatewayError where they refuse. */
  settle(ctx: Context, asked: Charges, taken: readonly Taken[] | undefined): void;
}

/**
 * A request that asks a shared store for room, and with it whether its principal is who it says: one round trip for both.
 * Nothing is charged for a principal that is not confirmed; its refusal is the one that the client sees.
 */
export class Asking extends PendingFilter implements TakeRequest, FilterReceiver {
  readonly #verdict: Verdict;
  readonly #ctx: Context;
  readonly #asked: Charges;
  #check: PendingCheck | undefined;
  #receiver: FilterReceiver | undefined = undefined;
  #failure: unknown = undefined;

  constructor(verdict: Verdict, ctx: Context, asked: Charges, check: PendingCheck | undefined) {
    super();
    this.#verdict = verdict;
    this.#ctx = ctx;
    this.#asked = asked;
    this.#check = check;
  }

  get charges(): TakeRequest["charges"] {
    return this.#asked.prepared;
  }

  get unless(): TakeRequest["unless"] {
    return this.#check?.keys;
  }

  deliverTo(receiver: FilterReceiver): void {
    this.#receiver = receiver;
    // A caller whom nothing limits is only to be confirmed.
    if (this.#asked.prepared.length === 0) this.#check?.deliverTo(this);
    else this.#verdict.ask(this);
  }

  onTaken(taken: readonly Taken[]): void {
    this.#check?.confirm();
    this.#end(taken);
  }

  /** Something of the principal was revoked; what that means only the check knows. */
  onHeld(): void {
    this.#check?.deliverTo(this);
  }

  onStoreFailure(error: unknown): void {
    const check = this.#check;
    this.#failure = error;
    if (check === undefined) return this.#endWithout(error);
    // Nobody waits a second time for a store that does not answer. Any other failure may be that of the charge alone.
    if (!(error instanceof StoreError && error.reason === "timeout")) return check.deliverTo(this);
    try {
      check.goOnWithout(error);
    } catch (refusal) {
      return this.onFailure(refusal);
    }
    this.#endWithout(error);
  }

  /** The check has passed by itself. */
  onPass(): void {
    this.#check = undefined;
    if (this.#failure !== undefined) return this.#endWithout(this.#failure);
    if (this.#asked.prepared.length === 0) return this.#end(undefined);
    this.#verdict.ask(this);
  }

  onFailure(error: unknown): void {
    this.#receiver?.onFailure(error);
  }

  #endWithout(error: unknown): void {
    let taken: readonly Taken[] | undefined;
    try {
      taken = this.#verdict.onFailure(error, this.#asked);
    } catch (refusal) {
      return this.onFailure(refusal);
    }
    this.#end(taken);
  }

  #end(taken: readonly Taken[] | undefined): void {
    try {
      this.#verdict.settle(this.#ctx, this.#asked, taken);
    } catch (refusal) {
      return this.onFailure(refusal);
    }
    this.#receiver?.onPass();
  }
}
