import type { CircuitReport } from "../observe/circuit.ts";
import type { RecentError } from "../observe/incidents/incidents.ts";
import type { LimitedReport } from "../observe/incidents/limited.ts";
import type { LimiterReport } from "../observe/limiter-report.ts";
import type { Family } from "../observe/metrics/family.ts";
import type { OpenApiReport } from "../openapi/view.ts";
import type { Awaitable } from "../plugin.ts";
import type { StoreReport } from "../store/report.ts";
import type { CanaryReport, CanaryView } from "../traffic/canary-report.ts";
import type { ExplanationSummary } from "../trail/follower.ts";
import type { DiscoveryReport } from "../upstream/discovery/discovery.ts";
import type { PoolStats } from "../upstream/stats.ts";

/** What the admin endpoints show of a running gateway: plain data, made anew at each call. */
export interface AdminView {
  readiness(): Readiness;
  /** In the order of the configuration. */
  routes(): Awaitable<readonly RouteView[]>;
  /** Of this process, or the sum of all workers; so are listeners, store and metrics. */
  services(): Awaitable<readonly ServiceView[]>;
  listeners(): Awaitable<readonly ListenerView[]>;
  /** Of the routes that have one, in their order. */
  canaries(): Awaitable<readonly CanaryView[]>;
  store(): Awaitable<StoreReport>;
  metrics(): Awaitable<readonly Family[]>;
  /** The metrics that the history is made of, of each process by a name of its own. */
  counts(): Awaitable<ReadonlyMap<string, readonly Family[]>>;
  /** Requests that have failed or were refused of late, so many at most of each process, the latest first. */
  errors(limit: number): Awaitable<readonly RecentError[]>;
  /** Who was refused with 429 of late. */
  limited(): Awaitable<LimitedReport>;
  /** Of this process, or the first worker; undefined without an `openapi:` section. */
  openapi(): Awaitable<OpenApiReport | undefined>;
  /** Asks all services for their documents now, and reports then; with workers, in each. */
  refreshOpenApi(): Awaitable<OpenApiReport | undefined>;
  /** Requests that were followed, the latest first. */
  explanations(): Awaitable<readonly ExplanationSummary[]>;
  /** What became of one of them; undefined if it is not known, or no more. */
  explanation(id: string): Awaitable<unknown>;
  /** The processes that serve requests. */
  workers(): readonly WorkerView[];
}

/** A process that serves requests. */
export interface WorkerView {
  /** Counted from 1; left out where the gateway is one process. */
  readonly worker?: number;
  /** Left out while there is none. */
  readonly pid?: number;
  /** "waiting": it has ended, and is started again after a while. */
  readonly state: "starting" | "running" | "waiting" | "stopping" | "stopped";
  /** When the state began: UTC, as in the log. */
  readonly since: string;
  /** How often it was started again. */
  readonly restarts: number;
  /** It did not answer when it was last asked, so that sums are without it. */
  readonly isSilent?: boolean;
  /** Why it goes on with an earlier configuration than the others. */
  readonly behind?: string;
}

/** A port for clients. */
export interface ListenerView {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  readonly tunnels: number;
  /** Since the start. */
  readonly requests: number;
}

/** Whether the gateway takes requests: it listens, its configuration is loaded, and it does not drain. */
export interface Readiness {
  readonly isReady: boolean;
  /** Why not, in words; empty if it is ready. */
  readonly reasons: readonly string[];
  /** Of a gateway in one process: whether the store that plugins share answers. */
  readonly store?: StoreReport["state"];
  /** How many workers serve, of how many; left out where the gateway is one process. */
  readonly workers?: { readonly serving: number; readonly configured: number };
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
  /** How its canary is doing, if it has one; of several workers the one that has stopped it, or is behind. */
  readonly canary?: CanaryReport;
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
  /** Its circuit breakers that were asked so far; undefined without such a plugin. */
  readonly circuits?: readonly CircuitReport[];
  /** What its plugins tell that limit it; undefined without one. */
  readonly limiters?: readonly LimiterReport[];
  /** How its targets are found; undefined if the configuration names them all. */
  readonly discovery?: DiscoveryReport;
}

/** Whether a target gets requests, and why not. Times are in ms since 1970. */
export interface TargetState {
  /** Of all targets the healthy ones are used; where there are too few, all. */
  readonly isHealthy: boolean;
  /** An operator has drained it: it gets no new requests. Left out if not. */
  readonly isDrained?: boolean;
  /** What active checks have found; undefined before the first. */
  readonly check?:
    | { readonly state: string; readonly since: number; readonly lastError?: string | undefined }
    | undefined;
  /** Undefined while outlier detection has not taken it out. */
  readonly ejection?: { readonly since: number; readonly until: number; readonly reason: string } | undefined;
  /** What it gets of its share while it starts slowly, 0 to 1. */
  readonly share?: number | undefined;
}

export interface TargetView {
  readonly url: string;
  readonly weight: number;
  /** What the last attempt to connect has shown; "unknown" before the first. */
  readonly health: "unknown" | "up" | "down";
  readonly state: TargetState;
  /** What its name resolves to at the moment. */
  readonly addresses: readonly string[];
  readonly pool: PoolStats;
}
