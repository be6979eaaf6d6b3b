import type { PluginApps } from "./admin/plugin-apps.ts";
import type { Config, RouteConfig } from "./config/schema.ts";
import type { Context, RouteInfo } from "./context.ts";
import type { LiveReport } from "./explain/live-report.ts";
import type { TargetWatch } from "./observe/circuit.ts";
import type { LimiterReport } from "./observe/limiter-report.ts";
import type { Documents } from "./openapi/documents/documents.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Router } from "./routing/router.ts";
import type { Split } from "./traffic/split.ts";
import type { Follower } from "./trail/follower.ts";
import type { Service } from "./upstream/service.ts";
import type { PluginAtWork, Way } from "./way.ts";

/** A route at work. */
export interface CompiledRoute {
  readonly info: RouteInfo;
  readonly config: RouteConfig;
  /** How its requests are shared out among services. */
  readonly split: Split;
  /** One for each variant of its split, in the same order. */
  readonly ways: readonly Way[];
  /** In their order, with the phases that each takes part in. */
  readonly plugins: readonly { readonly name: string; readonly phases: readonly string[] }[];
  /** The way of a request: of several services one is chosen. */
  readonly next: (ctx: Context) => Pipeline;
}

/** The way of requests that the gateway answers itself, by their paths. */
export interface OwnWay {
  readonly paths: ReadonlySet<string>;
  readonly pipeline: Pipeline;
  readonly documents: Documents;
}

/** Everything that one configuration makes; it never changes. A request reads the current one once. */
export interface Snapshot {
  readonly config: Config;
  readonly routes: readonly CompiledRoute[];
  readonly router: Router<CompiledRoute>;
  readonly services: ReadonlyMap<string, Service>;
  /** What plugins know of targets, by the names of services. */
  readonly watches: ReadonlyMap<string, ReadonlySet<TargetWatch>>;
  /** By service: what its plugins tell that limit it. Several instances of one entry tell the same. */
  readonly limiters: ReadonlyMap<string, readonly (() => LimiterReport)[]>;
  /** For requests that no route takes. */
  readonly unmatched: Pipeline;
  readonly unmatchedPlugins: readonly PluginAtWork[];
  /** What the gateway answers itself; undefined if that is nothing. */
  readonly own: OwnWay | undefined;
  /** Endpoints of its plugins on the admin port. */
  readonly pluginApps: PluginApps;
  /** Undefined where no request may ask to be explained. */
  readonly live: Follower<LiveReport> | undefined;
  /** Aborted when it is closed. */
  readonly signal: AbortSignal;
  /** Gives the services that it shares with the one before it its own settings: it becomes the current one. */
  takeEffect(): void;
  /** Closes the instances of its plugins. */
  close(): Promise<void>;
}
