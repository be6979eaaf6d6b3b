import {
  type Awaitable,
  type Charge,
  GatewayError,
  type LocalStore,
  type Scope,
  type Store,
  StoreError,
  type Taken,
} from "../../src/plugin.ts";
import type { Charges } from "./charges.ts";
import type { LimitMetrics } from "./metrics.ts";
import type { Options } from "./options.ts";
import { type Syncer, syncerOf } from "./sync.ts";

/** Asks the limits of a request, all of them at once. */
export interface Taker {
  /** A promise may reject: then `onFailure` has the answer. Undefined where everything passes. Throws GatewayError. */
  take(charges: Charges): Awaitable<readonly Taken[] | undefined>;
  readonly onFailure: OnFailure;
  /** For what has happened already; it never fails, and nobody waits for it. */
  settle(charges: readonly Charge[], isGivenBack: boolean): void;
}

/** The way of asking that the options choose: with the embedded store always at once. */
export function createTaker(options: Options, scope: Scope, counts: LimitMetrics): Taker {
  const { store, local } = scope;
  const onFailure = failurePolicy(options["store-failure"], scope, counts);
  if (isLocal(store)) {
    return {
      take(asked) {
        try {
          return store.takeNow(asked.prepared);
        } catch (error) {
          return onFailure(error, asked);
        }
      },
      onFailure,
      settle: (charges, isGivenBack) => settleIn(store, charges, isGivenBack, counts),
    };
  }
  if (options.mode === "synced")
    return { ...syncedTaker(syncerOf(scope, options.sync, counts), local, counts), onFailure };
  return {
    take: ({ prepared }) => store.take(prepared),
    onFailure,
    settle: (charges, isGivenBack) => settleIn(store, charges, isGivenBack, counts),
  };
}

function isLocal(store: Store): store is LocalStore {
  return store.takeNow !== undefined;
}

function syncedTaker(syncer: Syncer, local: Scope["local"], counts: LimitMetrics): Omit<Taker, "onFailure"> {
  return {
    take({ charges }) {
      const taken = local.takeNow(charges);
      if (taken.every(({ allowed }) => allowed)) syncer.note(charges, false);
      return taken;
    },
    settle(charges, isGivenBack) {
      settleIn(local, charges, isGivenBack, counts);
      syncer.note(charges, isGivenBack);
    },
  };
}

function settleIn(store: Scope["store"], charges: readonly Charge[], isGivenBack: boolean, counts: LimitMetrics): void {
  const done = isGivenBack ? store.giveBack(charges) : store.take(charges);
  done.catch(() => counts.lost.inc());
}

/** The answer where the store has failed. Throws GatewayError, and the error if it is not the store's. */
type OnFailure = (error: unknown, asked: Charges) => readonly Taken[] | undefined;

/** What holds while the store does not answer. Even a local count may have no room for another key: then it is denied. */
function failurePolicy(policy: Options["store-failure"], { local }: Scope, counts: LimitMetrics): OnFailure {
  return (error, { charges }) => {
    if (!(error instanceof StoreError)) throw error;
    counts.fallback.inc();
    if (policy === "allow") return undefined;
    if (policy === "deny") throw new GatewayError("store_unavailable", { cause: error });
    try {
      return local.takeNow(charges);
    } catch (cause) {
      throw new GatewayError("store_unavailable", { cause });
    }
  };
}
