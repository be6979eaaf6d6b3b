import type { PluginOrigin } from "./config/effective.ts";
import type { RouteInfo } from "./context.ts";
import type { Phases } from "./plugin.ts";

/** Members that are no phases by themselves. */
const NO_PHASES: ReadonlySet<string> = new Set(["close", "watch", "limiter", "limitWith"]);

/** The phases that an instance takes part in. */
export function phaseNames(phases: Phases): string[] {
  return Object.keys(phases).filter((phase) => !NO_PHASES.has(phase));
}

/** Where a plugin's options are written: the same text wherever and whenever this configuration is at work. */
export function siteOf(origin: PluginOrigin, route: RouteInfo | undefined, service: string | undefined): string {
  if (origin === "global") return origin;
  return `${origin} ${origin === "route" ? route?.name : service}`;
}
