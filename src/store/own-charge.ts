import { checkCharges } from "./check.ts";
import { bracedKey } from "./key.ts";
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

/**
 * Charges of a part of the store, made ready unless they are. Limits of one key share a place in a Cluster: the key is the part
 * in braces. Throws RangeError.
 */
export function ownCharges(charges: readonly Charge[], start: string, part: object): readonly OwnCharge[] {
  if (isPrepared(charges, part)) return charges;
  const own = charges.map((charge) => {
    return new OwnCharge(`${start}limit:${bracedKey(charge.key)}:${charge.policy.id}`, charge, part);
  });
  checkCharges(own);
  return own;
}

/** Those that `prepare` has made are all of one part of the store. */
function isPrepared(charges: readonly Charge[], part: object): charges is readonly OwnCharge[] {
  const [first] = charges;
  if (!(first instanceof OwnCharge)) return false;
  if (first.part === part) return true;
  throw new RangeError("these charges were prepared by another part of the store");
}

/** Throws RangeError if its charges are those of another part. */
export function isOwnRequest(request: TakeRequest, part: object): request is OwnTakeRequest {
  return isPrepared(request.charges, part);
}

/** A request as a backend gets it. */
export interface OwnTakeRequest extends TakeRequest {
  readonly charges: readonly OwnCharge[];
}
