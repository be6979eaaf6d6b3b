import { GatewayError } from "../errors.ts";
import type { AdminView } from "./view.ts";

/** A sum, or an order, that lacks workers says which. */
export function silentWorkers(view: Pick<AdminView, "workers">): { readonly withoutWorkers?: readonly number[] } {
  const silent = view.workers().flatMap(({ worker, isSilent }) => (isSilent === true ? (worker ?? []) : []));
  return silent.length === 0 ? {} : { withoutWorkers: silent };
}

/** Throws `overloaded` where no process can say what there is: it is not known then that something is not there. */
export function expectAnswers(view: Pick<AdminView, "workers">): void {
  if (view.workers().some(({ state, isSilent }) => state === "running" && isSilent !== true)) return;
  throw new GatewayError("overloaded", { detail: "No worker answers at the moment: nothing was done" });
}
