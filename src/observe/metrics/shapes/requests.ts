import { LATENCY_SECONDS } from "../histogram.ts";
import { counter, gauge, histogram } from "./shape.ts";

const NONE = [] as const;
const ROUTE = ["route"] as const;
/** From what the gateway takes alone to what a plugin waits for. */
const OWN_SECONDS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Requests of clients. */
export const REQUESTS = {
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
