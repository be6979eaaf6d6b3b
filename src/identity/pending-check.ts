import { PendingFilter } from "../message/pending.ts";
import type { KeyGroup } from "../store/key-group.ts";

/**
 * The rest of an authentication: `ctx.principal` is set, but counts only once the store has been asked. A later filter that
 * asks the store too may take the question along (`Phases.limitWith`); else `deliverTo` asks it alone.
 */
export abstract class PendingCheck extends PendingFilter {
  /** Keys of `store.raw`: if there is none of them, the principal is confirmed. */
  abstract readonly keys: KeyGroup;
  /** The store was asked along, and has none of the keys. */
  abstract confirm(): void;
  /** The store was asked along, and has not answered in time. Throws GatewayError where it may not go on without. */
  abstract goOnWithout(error: unknown): void;
}
