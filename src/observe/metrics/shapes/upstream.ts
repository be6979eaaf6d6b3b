import { counter, gauge, histogram } from "./shape.ts";

const SERVICE = ["service"] as const;
const TARGET = ["service", "target"] as const;
/** 0.25 ms to 65.5 s, one to an octave: latencies of targets are kept in two to an octave. */
const OCTAVES = Array.from({ length: 19 }, (_, octave) => 2 ** octave / 4_000);
/** From a connect on the same machine to the longest wait that is usual. */
const WAIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Targets, and their connections. */
export const UPSTREAM = {
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

/** Bounds on the requests to a service. */
export const SERVICES = {
  serviceInFlight: gauge(
    "sluice_service_requests_in_flight",
    SERVICE,
    "Requests to the service under way, tunnels included; only where it has `max-requests`.",
  ),
  serviceRefused: counter("sluice_service_requests_refused_total", SERVICE, "Requests refused by `max-requests`."),
};
