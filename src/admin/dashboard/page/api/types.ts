/** What the admin endpoints answer, as far as the page shows it. Times are texts in ISO 8601 unless they end in `Ms`. */

/** The connections to a target. */
export interface Pool {
  readonly open: number;
  readonly idle: number;
  readonly inUse: number;
  readonly tunnels: number;
  readonly pending: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly latency: {
    readonly count: number;
    /** The upper bound of each bucket in ms, and how many are in it alone. */
    readonly buckets: readonly (readonly [number, number])[];
  };
}

/** An address of a service. */
export interface Target {
  readonly url: string;
  readonly weight: number;
  readonly health: "unknown" | "up" | "down";
  readonly isHealthy: boolean;
  readonly isDrained?: boolean;
  readonly check?: { readonly state: string; readonly since: string; readonly lastError?: string };
  readonly ejection?: { readonly since: string; readonly until: string; readonly reason: string };
  readonly pool: Pool;
}

/** A circuit breaker. */
export interface Circuit {
  readonly site: string;
  readonly target?: string;
  readonly state: "closed" | "open" | "half-open";
  readonly since: string;
  readonly reason?: string;
  readonly openUntil?: string;
  readonly isForced: boolean;
}

/** What bounds the requests of a service. */
export interface Limiter {
  readonly plugin: string;
  readonly site: string;
  readonly limit: number;
  readonly inFlight: number;
  readonly refused: number;
}

/** Of /api/services. */
export interface Service {
  readonly name: string;
  readonly balance: string;
  readonly targets: readonly Target[];
  readonly circuits?: readonly Circuit[];
  readonly limiters?: readonly Limiter[];
  readonly discovery?: {
    readonly source?: string;
    readonly lastError?: { readonly at: string; readonly reason?: string };
  };
}

/** Of /api/routes. */
export interface Route {
  readonly name: string;
  readonly path: string;
  readonly methods?: readonly string[];
  readonly host?: string;
  readonly services: readonly { readonly name: string; readonly weight: number }[];
  readonly canary?: {
    readonly service: string;
    readonly state: string;
    readonly share: number;
    readonly reason?: string;
  };
  readonly plugins: readonly { readonly name: string; readonly phases: readonly string[] }[];
}

/** Of /api/canaries. */
export interface Canary {
  readonly route: string;
  readonly service: string;
  readonly against: string;
  readonly state: "running" | "paused" | "done" | "promoted" | "stopped";
  readonly share: number;
  readonly step: number;
  readonly steps: number;
  readonly since: string;
  readonly nextAt?: string;
  readonly reason?: string;
  readonly counts: { readonly new: CanaryCounts; readonly old: CanaryCounts };
}

/** Requests to one version since the step began. */
export interface CanaryCounts {
  readonly requests: number;
  readonly failures: number;
}

/** One value for each instant of `History.at`; requests and errors are per second. */
export interface Series {
  readonly requests: readonly number[];
  readonly clientErrors: readonly number[];
  readonly serverErrors: readonly number[];
  readonly p50Ms: readonly (number | null)[];
  readonly p90Ms: readonly (number | null)[];
  readonly p99Ms: readonly (number | null)[];
}

/** Of /api/history. */
export interface History {
  readonly stepMs: number;
  /** Ms since 1970, ascending. */
  readonly at: readonly number[];
  readonly total: Series;
  readonly routes: Readonly<Record<string, Series>>;
  readonly services: Readonly<Record<string, Series>>;
}

/** Of /api/errors. */
export interface RecentError {
  readonly at: string;
  readonly requestId: string;
  readonly client: string;
  readonly principal?: string;
  readonly method: string;
  readonly path: string;
  readonly route?: string;
  readonly service?: string;
  readonly target?: string;
  readonly status: number;
  readonly code: string;
  readonly source: string;
  readonly detail?: string;
  readonly worker?: number;
}

/** Of /api/limited. */
export interface LimitedClient {
  readonly client: string;
  readonly route: string;
  readonly refused: number;
  readonly lastAt: string;
}

/** An alert that fires, or is about to. */
export interface Alert {
  readonly id: string;
  readonly rule: string;
  readonly severity: string;
  readonly state: "pending" | "firing";
  readonly route?: string;
  readonly service?: string;
  /** A target, a certificate's file or a worker. */
  readonly part?: string;
  readonly since: string;
  readonly value?: number | string;
  readonly summary: string;
  /** Because of which nobody is told. */
  readonly inhibitedBy?: string;
  readonly silencedBy?: string;
}

/** Why nobody is told of some alerts, and until when. */
export interface Silence {
  readonly id: string;
  readonly until: string;
  readonly reason: string;
  readonly rule?: string;
  readonly route?: string;
  readonly service?: string;
}

/** Of /api/alerts. */
export interface Alerts {
  readonly alerts: readonly Alert[];
  readonly silences: readonly Silence[];
}

/** Of /api/workers: a process that serves. */
export interface Worker {
  readonly worker?: number;
  readonly pid?: number;
  readonly state: string;
  readonly since: string;
  readonly restarts: number;
  readonly isSilent?: boolean;
  readonly behind?: string;
}

/** Of /api/listeners. */
export interface Listener {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  readonly tunnels: number;
  readonly requests: number;
}

/** Of /api/store. */
export interface StoreState {
  readonly kind: string;
  readonly mode?: string;
  readonly state: "up" | "down";
  readonly since: string;
  readonly lastError?: { readonly reason: string; readonly message: string; readonly at: string };
  readonly calls: number;
  readonly inFlight: number;
  readonly latency?: { readonly count: number; readonly meanMs?: number; readonly maxMs: number };
  readonly entries?: number;
}

/** A mistake in a configuration. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: string;
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/** An attempt to take over a configuration. */
export interface Reload {
  readonly result: "applied" | "partial" | "failed";
  readonly by: string;
  readonly at: string;
  readonly changes: readonly { readonly part: string; readonly change: string; readonly keys?: readonly string[] }[];
  readonly needsRestart: readonly string[];
  readonly problems: readonly Problem[];
}

/** Of /api/config. */
export interface Configuration {
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly places: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly loadedAt: string;
  readonly needsRestart: readonly string[];
  readonly lastReload?: Reload;
  readonly lastFailure?: Reload;
}

/** Of /api/audit. */
export interface AuditEntry {
  readonly at: string;
  readonly who: string;
  readonly from: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** Of /health/ready. */
export interface Readiness {
  readonly status: string;
  readonly reasons?: readonly string[];
  readonly workers?: { readonly serving: number; readonly configured: number };
}
