import type { ListenerView, RouteView, ServiceView } from "../admin/view.ts";
import type { Config } from "../config/schema.ts";
import type { LiveReport } from "../explain/live-report.ts";
import type { RecentError } from "../observe/incidents/incidents.ts";
import type { LimitedReport } from "../observe/incidents/limited.ts";
import type { Family } from "../observe/metrics/family.ts";
import type { Handed } from "../openapi/sharing/state.ts";
import type { OpenApiReport } from "../openapi/view.ts";
import type { StoreReport } from "../store/report.ts";
import type { OrderedRun } from "../traffic/canary-record.ts";
import type { CanaryView } from "../traffic/canary-report.ts";
import type { ExplanationSummary } from "../trail/follower.ts";
import type { Drain } from "../upstream/drain.ts";
import type { HealthVerdict } from "../upstream/health/sharing.ts";

/** All that a worker serves by: the parent has validated it, and every worker gets the same, later ones too. */
export interface WorkerSetup {
  /** Counted from 1. */
  readonly worker: number;
  /** With the ports in use in place of 0. */
  readonly config: Config;
  /** Each plugin as the configuration names it, and the file that it is in. */
  readonly plugins: readonly (readonly [key: string, file: string])[];
  /** Folder of the configuration file. */
  readonly directory: string;
  /** Targets that are drained as it starts. */
  readonly drains: readonly Drain[];
  /** What operators have decided about canaries until then. */
  readonly orders: readonly OrderedRun[];
  /** Which configuration it is, counted from 1. */
  readonly version: number;
  /** Where workers leave what they have made of the services' documents; undefined: each does that for itself. */
  readonly documents?: string | undefined;
}

/** A request to a plugin's endpoints, as it goes to a worker. */
export interface PluginRequest {
  readonly plugin: string;
  readonly path: string;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | undefined;
}

export interface PluginReply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** What a worker can be asked, and what it answers: plain data. Statistics of a new kind are joined here. */
export interface Answers {
  readonly routes: readonly RouteView[];
  readonly services: readonly ServiceView[];
  readonly listeners: readonly ListenerView[];
  readonly canaries: readonly CanaryView[];
  readonly metrics: readonly Family[];
  readonly counts: readonly Family[];
  readonly store: StoreReport;
  readonly errors: readonly RecentError[];
  readonly limited: LimitedReport;
  readonly openapi: OpenApiReport | undefined;
  readonly refreshOpenApi: OpenApiReport | undefined;
  readonly explanations: readonly ExplanationSummary[];
  /** Null: it has none of that id. */
  readonly explanation: LiveReport | null;
  readonly plugin: PluginReply;
  readonly reload: WorkerReload;
}

/** What became of a worker's reload. */
export interface WorkerReload {
  readonly isApplied: boolean;
  /** Why not; empty if it is. */
  readonly message: string;
}

export type Subject = keyof Answers;

export interface Question<S extends Subject = Subject> {
  readonly about: S;
  /** Of an explanation. */
  readonly id?: string;
  /** Of errors: so many at most. A worker is not to be kept from its requests by what nobody reads. */
  readonly limit?: number;
  /** For a plugin. */
  readonly request?: PluginRequest;
  /** For a reload. */
  readonly setup?: WorkerSetup;
}

export type ToWorker =
  | { readonly kind: "start"; readonly setup: WorkerSetup }
  | { readonly kind: "ask"; readonly id: number; readonly question: Question }
  /** It is the one that checks the targets now; or another worker has come, who knows nothing of them yet. */
  | { readonly kind: "checks" }
  /** What another worker has found out about a target. */
  | { readonly kind: "health"; readonly verdict: HealthVerdict }
  /** It is the one that asks for the services' documents and merges them now. */
  | { readonly kind: "documents-duty" }
  /** What another worker has made of them. */
  | { readonly kind: "documents"; readonly handed: Handed }
  /** These targets are drained from now on, and no others. */
  | { readonly kind: "drains"; readonly drains: readonly Drain[] }
  /** What operators have decided about canaries. */
  | { readonly kind: "orders"; readonly orders: readonly OrderedRun[] }
  | { readonly kind: "drain" }
  /** No other worker listens that is told to drain, too: clients may be let go. */
  | { readonly kind: "leave" };

export type FromWorker =
  /** Its program runs: it wants its setup. */
  | { readonly kind: "hello" }
  /** Its ports, in the order of the listeners. */
  | { readonly kind: "listening"; readonly ports: readonly number[] }
  | { readonly kind: "failed"; readonly message: string }
  /** It drains, and does not listen any more. */
  | { readonly kind: "shut" }
  | { readonly kind: "health"; readonly verdict: HealthVerdict }
  | { readonly kind: "documents"; readonly handed: Handed }
  /** Without a value: it could not say. */
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown };

/** A worker's side of its channel. Nothing is lost before `onMessage` as long as the worker has not said hello. */
export interface ParentChannel {
  /** Does nothing when the parent is gone. */
  send(message: FromWorker): void;
  onMessage(listener: (message: ToWorker) => void): void;
  /** Calls back when the parent is gone. */
  onDisconnect(listener: () => void): void;
}
