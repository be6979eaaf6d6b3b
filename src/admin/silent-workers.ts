import type { AdminView } from "./view.ts";

/** A sum, or an order, that lacks workers says which. */
export function silentWorkers(view: Pick<AdminView, "workers">): { readonly withoutWorkers?: readonly number[] } {
  const silent = view.workers().flatMap(({ worker, isSilent }) => (isSilent === true ? (worker ?? []) : []));
  return silent.length === 0 ? {} : { withoutWorkers: silent };
}
