import { counter, gauge } from "./shape.ts";

const NONE = [] as const;
const LISTENER = ["listener"] as const;

/** Ports for clients, and their connections. */
export const LISTENERS = {
  listenerConnections: gauge("sluice_listener_connections", LISTENER, "Connections of clients, tunnels included."),
  listenerTunnels: gauge("sluice_listener_tunnels", LISTENER, "Tunnels, and requests that may become one."),
  listenerAccepted: counter("sluice_listener_connections_accepted_total", LISTENER, "Connections ever accepted."),
  listenerRefused: counter(
    "sluice_listener_connections_refused_total",
    LISTENER,
    "Connections closed at once, because there were as many as `listen.limits.connections`.",
  ),
};

/** What is refused while the process has too much to do. */
export const OVERLOAD = {
  overloadLevel: gauge(
    "sluice_overload_level",
    NONE,
    "Priorities that are refused because of overload: 1 is low, 2 normal too, 3 high too; 0 is none.",
    "max",
  ),
  overloadShed: counter("sluice_overload_refused_total", ["priority"], "Requests refused because of overload."),
};
