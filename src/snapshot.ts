import type { PluginApps } from "./admin/plugin-apps.ts";
import type { Config, RouteConfig } from "./config/schema.ts";
import type { RouteInfo } from "./context.ts";
import type { TargetWatch } from "./observe/circuit.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Router } from "./routing/router.ts";
import type { Service } from "./upstream/service.ts";

/** A route at work. */
export interface CompiledRoute {
  readonly info: RouteInfo;
  readonly config: RouteConfig;
  /** One, or several with their shares; none where a plugin answers. */
  readonly services: readonly { readonly name: string; readonly weight: number }[];
  /** In their order, with the phases that each takes part in. */
  readonly plugins: readonly { readonly name: string; readonly phases: readonly string[] }[];
  /** The way of the next request: of several weighted services one is drawn. */
  readonly next: () => Pipeline;
}

/** Everything that one configuration makes; it never changes. A request reads the current one once. */
export interface Snapshot {
  readonly config: Config;
  readonly routes: readonly CompiledRoute[];
  readonly router: Router<CompiledRoute>;
  readonly services: ReadonlyMap<string, Service>;
  /** What plugins know of targets, by the names of services. */
  readonly watches: ReadonlyMap<string, ReadonlySet<TargetWatch>>;
  /** For requests that no route takes. */
  readonly unmatched: Pipeline;
  /** Endpoints of its plugins on the admin port. */
  readonly pluginApps: PluginApps;
  /** Closes the instances of its plugins. */
  close(): Promise<void>;
}
