import type {
  CounterShape,
  Family,
  GaugeShape,
  HistogramSeries,
  HistogramShape,
  NumberSeries,
  Shape,
} from "./family.ts";
import { LATENCY_SECONDS } from "./histogram.ts";
import { PROCESS, RELOADS, STORE, WORKERS } from "./process-shapes.ts";
import { counter, gauge, histogram } from "./shapes.ts";
import { TRACES } from "./trace-shapes.ts";

const NONE = [] as const;
const ROUTE = ["route"] as const;
const SERVICE = ["service"] as const;
const TARGET = ["service", "target"] as const;
const LISTENER = ["listener"] as const;
/** 0.25 ms to 65.5 s, one to an octave: latencies of targets are kept in two to an octave. */
const OCTAVES = Array.from({ length: 19 }, (_, octave) => 2 ** octave / 4_000);

/** From what the gateway takes alone to what a plugin waits for. */
const OWN_SECONDS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** From a connect on the same machine to the longest wait that is usual. */
const WAIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const REQUESTS = {
  requests: counter(
    "sluice_requests_total",
    ["route", "method", "status"],
    "Requests that have ended, by the class of their status; a client that left without a reply is 4xx.",
  ),
  requestDuration: histogram(
    "sluice_request_duration_seconds",
    ROUTE,
    LATENCY_SECONDS,
    "From a request's head to the last byte of its reply; tunnels are left out.",
  ),
  requestOwn: histogram(
    "sluice_request_gateway_duration_seconds",
    ROUTE,
    OWN_SECONDS,
    "The gateway's own part of that: from a request's head until its reply's head leaves, without the upstream.",
  ),
  requestUpstream: histogram(
    "sluice_request_upstream_duration_seconds",
    ROUTE,
    LATENCY_SECONDS,
    "The upstream's part: from the first attempt to the last one's reply head or failure; waits in between are in it.",
  ),
  requestBytes: counter("sluice_request_bytes_total", ROUTE, "Bytes of requests' bodies, and of tunnels from clients."),
  replyBytes: counter("sluice_reply_bytes_total", ROUTE, "Bytes of replies' bodies, and of tunnels to clients."),
  requestsInFlight: gauge("sluice_requests_in_flight", NONE, "Requests under way, tunnels included."),
  errors: counter(
    "sluice_errors_total",
    ["route", "code", "source"],
    "Requests that ended with an error of the gateway's own, by its code and the side to blame.",
  ),
  refused: counter(
    "sluice_requests_refused_total",
    ["code"],
    "Messages refused before any route, as no proper requests; they are in no other metric of requests.",
  ),
};

const UPSTREAM = {
  upstreamAttempts: counter("sluice_upstream_attempts_total", TARGET, "Attempts to send a request to the target."),
  upstreamErrors: counter(
    "sluice_upstream_errors_total",
    ["service", "target", "code"],
    "Attempts that failed, in a reply's body too, by the error's code; not those that a client has ended.",
  ),
  upstreamLatency: histogram(
    "sluice_upstream_latency_seconds",
    TARGET,
    OCTAVES,
    "From sending a request to the head of its reply.",
  ),
  upstreamUp: gauge(
    "sluice_upstream_up",
    TARGET,
    "1 if the last attempt to connect succeeded, 0 if not; missing before the first.",
    "min",
  ),
  targetHealthy: gauge(
    "sluice_target_healthy",
    TARGET,
    "1 if the target may be chosen, 0 if its checks fail or it is ejected.",
    "min",
  ),
  targetDrained: gauge(
    "sluice_target_drained",
    TARGET,
    "1 if an operator has drained the target, so that it gets no new requests.",
    "max",
  ),
  targetChecks: counter(
    "sluice_target_checks_total",
    [...TARGET, "result"],
    "Active health checks that passed or failed.",
  ),
  targetEjections: counter(
    "sluice_target_ejections_total",
    TARGET,
    "How often outlier detection has taken the target out.",
  ),
  upstreamOpen: gauge("sluice_upstream_connections_open", TARGET, "Connections, those being opened included."),
  upstreamIdle: gauge("sluice_upstream_connections_idle", TARGET, "Open connections that wait for a request."),
  upstreamInUse: gauge("sluice_upstream_connections_in_use", TARGET, "Open connections that carry a request."),
  upstreamTunnels: gauge("sluice_upstream_tunnels", TARGET, "Of the connections in use, those that carry a tunnel."),
  upstreamPending: gauge("sluice_upstream_requests_pending", TARGET, "Requests that wait for a connection."),
  upstreamWait: histogram(
    "sluice_upstream_connection_wait_seconds",
    TARGET,
    WAIT_SECONDS,
    "How long requests waited for a connection that was being opened or in use; most find an idle one, and are not in it.",
  ),
  upstreamOpened: counter("sluice_upstream_connections_opened_total", TARGET, "Connections ever opened."),
  upstreamClosed: counter("sluice_upstream_connections_closed_total", TARGET, "Connections ever closed."),
  upstreamReused: counter(
    "sluice_upstream_connections_reused_total",
    TARGET,
    "Requests that went out on a connection that had served another.",
  ),
};

const SERVICES = {
  serviceInFlight: gauge(
    "sluice_service_requests_in_flight",
    SERVICE,
    "Requests to the service under way, tunnels included; only where it has `max-requests`.",
  ),
  serviceRefused: counter("sluice_service_requests_refused_total", SERVICE, "Requests refused by `max-requests`."),
};

const LISTENERS = {
  listenerConnections: gauge("sluice_listener_connections", LISTENER, "Connections of clients, tunnels included."),
  listenerTunnels: gauge("sluice_listener_tunnels", LISTENER, "Tunnels, and requests that may become one."),
  listenerAccepted: counter("sluice_listener_connections_accepted_total", LISTENER, "Connections ever accepted."),
  listenerRefused: counter(
    "sluice_listener_connections_refused_total",
    LISTENER,
    "Connections closed at once, because there were as many as `listen.limits.connections`.",
  ),
};

const OVERLOAD = {
  overloadLevel: gauge(
    "sluice_overload_level",
    NONE,
    "Priorities that are refused because of overload: 1 is low, 2 normal too, 3 high too; 0 is none.",
    "max",
  ),
  overloadShed: counter("sluice_overload_refused_total", ["priority"], "Requests refused because of overload."),
};

const DOCUMENTS = {
  documentState: gauge(
    "sluice_openapi_document_state",
    ["service", "state"],
    "1 for the state that the service's OpenAPI document is in: fresh, stale, missing or waiting; 0 for the others.",
    "max",
  ),
  documentConfirmed: gauge(
    "sluice_openapi_document_confirmed_timestamp_seconds",
    SERVICE,
    "When the service has last said that the document in use is its own, in seconds since 1970; missing before that.",
    "min",
  ),
  documentOperations: gauge(
    "sluice_openapi_document_operations",
    SERVICE,
    "Operations of the service in the published document.",
    "max",
  ),
  documentsMerged: gauge(
    "sluice_openapi_merged_timestamp_seconds",
    NONE,
    "When the documents were last merged, in seconds since 1970.",
    "min",
  ),
  documentsFailing: gauge(
    "sluice_openapi_merge_failing",
    NONE,
    "1 if the last merge has failed, so that what is published is older.",
    "max",
  ),
};

const ALERTS = {
  alertsFiring: gauge(
    "sluice_alerts_firing",
    ["rule", "severity"],
    "Alerts that fire, silenced ones too; only with `alerts`.",
    "max",
  ),
  alertNotifications: counter(
    "sluice_alerts_notifications_total",
    ["webhook", "result"],
    "Attempts to send a message to a webhook: sent, failed (tried again), refused or given-up.",
  ),
};

/** Every metric of the gateway itself: the reference docs and the tests are made from this table. */
export const CORE = {
  ...REQUESTS,
  ...UPSTREAM,
  ...SERVICES,
  ...LISTENERS,
  ...OVERLOAD,
  ...STORE,
  ...RELOADS,
  ...DOCUMENTS,
  ...ALERTS,
  ...TRACES,
  ...PROCESS,
  ...WORKERS,
};

/** The family of a metric with these series. */
export function familyOf(shape: HistogramShape, series: readonly HistogramSeries[]): Family;
export function familyOf(shape: CounterShape | GaugeShape, series: readonly NumberSeries[]): Family;
export function familyOf(shape: Shape, series: readonly unknown[]): Family {
  return { ...shape, series } as Family;
}
