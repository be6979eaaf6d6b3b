import { contextKey } from "./context/key.ts";
import type { Context } from "./context.ts";
import { GatewayError } from "./errors.ts";

/** Methods of the routes that match but for the method: for the 405. */
export const ALLOWED = contextKey<readonly string[]>("allowed methods");

/** Where a plugin answers, the end of the way; the configuration makes sure that it does. One that does not is at fault. */
export function noService(): never {
  throw new GatewayError("internal", { cause: "the route has no service and no plugin has answered" });
}

/** For a request that no route takes. */
export function refuseUnmatched(ctx: Context): never {
  const allowed = ctx.get(ALLOWED);
  if (allowed === undefined) throw new GatewayError("route_not_found");
  throw new GatewayError("method_not_allowed", { headers: { allow: allowed.join(", ") } });
}
