import type { Charge, Reply, Taken } from "../../src/plugin.ts";
import type { Taker } from "./take.ts";

/** More is no cost, but a mistake of the service. */
const MAX_COST = 1_000_000;

/**
 * Charges what a reply says that the request has cost in all, beside what it was charged before; what was too much is
 * given back. A limit may be overdrawn by that: what is owed is refused later.
 */
export function responseCost(
  header: string,
  charged: number,
  taker: Taker,
): (reply: Reply, answer: CostAnswer | undefined) => void {
  return ({ headers }, answer) => {
    const text = headers.get(header);
    if (text === undefined) return;
    headers.delete(header);
    const total = WHOLE.test(text) ? Number(text) : charged;
    const more = Math.min(total, MAX_COST) - charged;
    if (more === 0 || answer?.taken.every(({ allowed }) => allowed) !== true) return;
    const rest = answer.asked.charges.map((charge) => ({ ...charge, cost: Math.abs(more), isForced: more > 0 }));
    taker.settle(rest, more < 0);
  };
}

interface CostAnswer {
  readonly asked: { readonly charges: readonly Charge[] };
  readonly taken: readonly Taken[];
}

const WHOLE = /^\d{1,15}$/;
