import type { Charge, LimitPolicy } from "./limit.ts";
import type { TakeRequest } from "./store.ts";

/** A charge with its whole key, as a backend gets it. */
export class OwnCharge implements Charge {
  readonly key: string;
  readonly policy: LimitPolicy;
  readonly cost: number;
  readonly isForced: boolean;
  /** The part of the store that it is for. */
  readonly part: object;
  /** For backends alone: its key and its arguments as they go over the wire. */
  wire: { readonly key: string; readonly args: string } | undefined = undefined;

  constructor(key: string, { policy, cost = 1, isForced = false }: Charge, part: object) {
    this.key = key;
    this.policy = policy;
    this.cost = cost;
    this.isForced = isForced;
    this.part = part;
  }
}

/** A request as a backend gets it. */
export interface OwnTakeRequest extends TakeRequest {
  readonly charges: readonly OwnCharge[];
}
