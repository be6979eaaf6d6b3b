import type {
  Alerts,
  AuditEntry,
  Canary,
  Configuration,
  History,
  LimitedClient,
  Listener,
  Readiness,
  RecentError,
  Route,
  Service,
  StoreState,
  Worker,
} from "./api/types.ts";
import type { Subject } from "./model/chart-lines.ts";
import type { Facts, ViewName } from "./model/facts.ts";
import type { LogLine } from "./model/log-line.ts";
import { TargetWatch } from "./model/target-latency.ts";
import { trafficOf } from "./model/traffic.ts";

/** What the page knows and what is chosen on it. There is one, which questions and controls change, and views read. */
export interface State {
  /** How far the gateway's clock is ahead of the browser's, in ms. */
  aheadMs: number;
  /** Ms since 1970 by the browser's clock; so is the next one. */
  awaySince: number | undefined;
  /** When it has answered last. */
  heardAt: number | undefined;
  /** The gateway has answered this page with data since it was last away: more may be asked. */
  isLetIn: boolean;
  needsToken: boolean;
  /** Why it has to be given again. */
  signInNote: string | undefined;
  /** Why the admin port refuses the page altogether. */
  refusal: string | undefined;
  readiness: Readiness | undefined;
  services: readonly Service[];
  routes: readonly Route[];
  canaries: readonly Canary[];
  /** In steps of a second, the last 15 minutes. */
  seconds: History | undefined;
  /** In steps of a minute, the last day. */
  minutes: History | undefined;
  errors: readonly RecentError[];
  limited: readonly LimitedClient[];
  limitedSince: string | undefined;
  alerts: Alerts | undefined;
  workers: readonly Worker[];
  listeners: readonly Listener[];
  store: StoreState | undefined;
  configuration: Configuration | undefined;
  audit: readonly AuditEntry[];
  /** Newest first, a few. */
  warnings: readonly LogLine[];
  /** Paths that this gateway does not have. */
  readonly missing: Set<string>;
  readonly targets: TargetWatch;
  view: ViewName;
  subject: Subject;
  rangeSeconds: number;
}

/** Before anything was answered. */
export function createState(): State {
  return {
    aheadMs: 0,
    awaySince: undefined,
    heardAt: undefined,
    isLetIn: false,
    needsToken: false,
    signInNote: undefined,
    refusal: undefined,
    readiness: undefined,
    services: [],
    routes: [],
    canaries: [],
    seconds: undefined,
    minutes: undefined,
    errors: [],
    limited: [],
    limitedSince: undefined,
    alerts: undefined,
    workers: [],
    listeners: [],
    store: undefined,
    configuration: undefined,
    audit: [],
    warnings: [],
    missing: new Set(),
    targets: new TargetWatch(),
    view: "overview",
    subject: { kind: "total" },
    rangeSeconds: 300,
  };
}

/** What the state says of the gateway at that moment by the browser's clock; all times in it are by the gateway's. */
export function factsOf(state: State, now: number): Facts {
  return {
    now: now + state.aheadMs,
    awaySince: state.awaySince === undefined ? undefined : state.awaySince + state.aheadMs,
    readiness: state.readiness,
    services: state.services,
    routes: state.routes,
    canaries: state.canaries,
    traffic: trafficOf(state.seconds),
    targetTraffic: (service, url) => state.targets.of(service, url),
    errors: state.errors,
    limited: state.limited,
    alerts: state.alerts,
    workers: state.workers,
    store: state.store,
    configuration: state.configuration,
  };
}
