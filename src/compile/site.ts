import type { PluginOrigin } from "../config/effective.ts";
import type { RouteInfo } from "../context.ts";

/** Where a plugin's options are written: the same text wherever and whenever this configuration is at work. */
export function siteOf(origin: PluginOrigin, route: RouteInfo | undefined, service: string | undefined): string {
  if (origin === "global") return origin;
  return `${origin} ${origin === "route" ? route?.name : service}`;
}
