import type {
  Alerts,
  Canary,
  Configuration,
  LimitedClient,
  Readiness,
  RecentError,
  Route,
  Service,
  StoreState,
  Worker,
} from "../api/types.ts";
import type { TargetTraffic } from "./target-latency.ts";
import type { AllTraffic } from "./traffic.ts";

/** All that is known of the gateway at a moment; what was not answered yet, or does not exist, is empty. */
export interface Facts {
  /** Ms since 1970, by the gateway's clock: what has happened there is compared with it. */
  readonly now: number;
  /** Ms since 1970 from which on the gateway has not answered; undefined while it does. */
  readonly awaySince: number | undefined;
  readonly readiness: Readiness | undefined;
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
  readonly canaries: readonly Canary[];
  readonly traffic: AllTraffic;
  targetTraffic(service: string, url: string): TargetTraffic;
  /** Newest first. */
  readonly errors: readonly RecentError[];
  readonly limited: readonly LimitedClient[];
  readonly alerts: Alerts | undefined;
  readonly workers: readonly Worker[];
  readonly store: StoreState | undefined;
  readonly configuration: Configuration | undefined;
}

/** The views, as they are named in the address. */
export type ViewName = "overview" | "topology" | "errors" | "alerts" | "system" | "configuration" | "log";

/** Something that an operator should know. */
export interface Finding {
  /** The same as long as it is the same matter. */
  readonly key: string;
  readonly level: "critical" | "warning" | "note";
  /** The greater, the nearer to the top. */
  readonly weight: number;
  /** One sentence without its full stop. */
  readonly text: string;
  /** What to do, or where to look. */
  readonly advice: string;
  /** Where there is more of it. */
  readonly view: ViewName;
}
