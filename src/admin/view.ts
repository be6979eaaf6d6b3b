import type { Family } from "../observe/metrics/family.ts";
import type { PoolStats } from "../upstream/stats.ts";

/** What the admin endpoints show of a running gateway: plain data, made anew at each call. */
export interface AdminView {
  readiness(): Readiness;
  /** In the order of the configuration. */
  routes(): readonly RouteView[];
  services(): readonly ServiceView[];
  /** Of this process, or the sum of several. */
  metrics(): readonly Family[] | Promise<readonly Family[]>;
}

/** Whether the gateway takes requests: it listens, its configuration is loaded, and it does not drain. */
export interface Readiness {
  readonly isReady: boolean;
  /** Why not, in words; empty if it is ready. */
  readonly reasons: readonly string[];
}

export interface RouteView {
  readonly name: string;
  readonly path: string;
  /** Undefined where any matches, here and below. */
  readonly methods?: readonly string[] | undefined;
  readonly host?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** One, or several with their shares; none where a plugin answers. */
  readonly services: readonly { readonly name: string; readonly weight: number }[];
  /** In the order in which they run within a phase. */
  readonly plugins: readonly PluginView[];
}

export interface PluginView {
  readonly name: string;
  /** Phases that this instance takes part in. */
  readonly phases: readonly string[];
}

export interface ServiceView {
  readonly name: string;
  readonly balance: string;
  readonly targets: readonly TargetView[];
}

export interface TargetView {
  readonly url: string;
  readonly weight: number;
  /** What the last attempt to connect has shown; "unknown" before the first. */
  readonly health: "unknown" | "up" | "down";
  /** What its name resolves to at the moment. */
  readonly addresses: readonly string[];
  readonly pool: PoolStats;
}
