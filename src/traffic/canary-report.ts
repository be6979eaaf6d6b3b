/** How a canary is doing, for people. */
export interface CanaryReport {
  readonly service: string;
  /** `done`: it is on the last step; `promoted`: an operator has given it everything. */
  readonly state: "running" | "paused" | "done" | "promoted" | "stopped";
  /** Of the requests, from 0 to 1. */
  readonly share: number;
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  readonly startedAt: string;
  /** When the step, or the state if that is later, began. */
  readonly since: string;
  /** When the next step begins. */
  readonly nextAt?: string;
  readonly stoppedAt?: string;
  readonly reason?: string;
}

/** Requests to one version since the step began. */
export interface CanaryCounts {
  readonly requests: number;
  readonly failures: number;
}

/** All that there is to know of the canary of a route: what an order is made of. Plain data. */
export interface CanaryView extends CanaryReport {
  readonly route: string;
  /** The service that it is compared with. */
  readonly against: string;
  /** The run: it is another one when `canary` or `service` of the route is changed. */
  readonly run: string;
  /** Of the latest order; 0: there was none. */
  readonly order: number;
  /** How far it has come in its steps, in ms, and how far it had when this step began. */
  readonly elapsedMs: number;
  readonly stepMs: number;
  readonly counts: { readonly new: CanaryCounts; readonly old: CanaryCounts };
}
