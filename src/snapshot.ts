import type { Config, RouteConfig } from "./config/schema.ts";
import type { RouteInfo } from "./context.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Router } from "./routing/router.ts";
import type { Service } from "./upstream/service.ts";

/** A route at work. */
export interface CompiledRoute {
  readonly info: RouteInfo;
  readonly config: RouteConfig;
  /** Names of the services it may send to, and of its plugins in their order. */
  readonly services: readonly string[];
  readonly plugins: readonly string[];
  /** The way of the next request: of several weighted services one is drawn. */
  readonly next: () => Pipeline;
}

/** Everything that one configuration makes; it never changes. A request reads the current one once. */
export interface Snapshot {
  readonly config: Config;
  readonly routes: readonly CompiledRoute[];
  readonly router: Router<CompiledRoute>;
  readonly services: ReadonlyMap<string, Service>;
  /** For requests that no route takes. */
  readonly unmatched: Pipeline;
  /** Closes the instances of its plugins. */
  close(): Promise<void>;
}
