import { counter, gauge, histogram } from "./shape.ts";

const NONE = [] as const;
/** "main" is the one process, or the parent of the workers; these have their numbers. */
const WORKER = ["worker"] as const;
/** From a cached answer on the same machine to what no request waits for. */
const STORE_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
/** From what a timer is late by anyway to what every client feels. */
const LAG_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** The store that plugins share. */
export const STORE = {
  storeUp: gauge(
    "sluice_store_up",
    ["kind"],
    "1 if the store that plugins share answers; kind is memory or redis.",
    "min",
  ),
  storeCalls: counter("sluice_store_calls_total", NONE, "Calls of plugins to the store, those that failed too."),
  storeFailures: counter("sluice_store_failures_total", ["reason"], "Calls that failed, by reason."),
  storeInFlight: gauge("sluice_store_commands_in_flight", NONE, "Commands that Redis has not answered yet."),
  storeLatency: histogram(
    "sluice_store_latency_seconds",
    NONE,
    STORE_SECONDS,
    "From sending a call to Redis to its answer; calls that left together count once.",
  ),
  storeEntries: gauge("sluice_store_entries", NONE, "Keys of the embedded store."),
  storeBytes: gauge("sluice_store_bytes", NONE, "Memory of the embedded store, as it is reckoned."),
};

/** Processes. */
export const PROCESS = {
  uptime: gauge("sluice_process_uptime_seconds", WORKER, "Time since the process started.", "max"),
  residentMemory: gauge("sluice_process_resident_memory_bytes", WORKER, "Memory of the process that is in RAM."),
  heapUsed: gauge(
    "sluice_process_heap_used_bytes",
    WORKER,
    "Memory of JavaScript that is in use, or not collected yet.",
  ),
  heapSize: gauge("sluice_process_heap_size_bytes", WORKER, "Memory that is kept for JavaScript."),
  external: gauge("sluice_process_external_bytes", WORKER, "Memory of buffers beside the heap, as Bun reckons it."),
  collections: counter(
    "sluice_process_gc_total",
    WORKER,
    "Garbage collections that were noticed, ten a second at most: Bun tells nothing of them.",
  ),
  cpu: counter("sluice_process_cpu_seconds_total", WORKER, "CPU time that the process has used, user and system."),
  openFiles: gauge("sluice_process_open_fds", WORKER, "Open file descriptors of the process (Linux)."),
  loopLag: histogram(
    "sluice_process_loop_lag_seconds",
    WORKER,
    LAG_SECONDS,
    "How late the event loop was, looked at ten times a second.",
  ),
  worstLag: gauge(
    "sluice_loop_lag_seconds",
    NONE,
    "How late the process is with everything: the most of the last 10 s.",
    "max",
  ),
  processInFlight: gauge("sluice_process_requests_in_flight", WORKER, "Requests under way in that process."),
  processConnections: gauge("sluice_process_connections", WORKER, "Connections of clients that the process has."),
  processRequests: counter("sluice_process_requests_total", WORKER, "Requests that have come to that process."),
  build: gauge("sluice_build_info", ["version", "bun"], "Always 1: its labels are the versions.", "max"),
};

/** What the parent of several workers knows of them. */
export const WORKERS = {
  workerUp: gauge(
    "sluice_worker_up",
    WORKER,
    "1 if the worker serves, 0 if it does not or does not answer; only with several.",
    "min",
  ),
  workerRestarts: counter(
    "sluice_worker_restarts_total",
    WORKER,
    "How often another process had to take the worker's place.",
  ),
};

/** The configuration at work. */
export const RELOADS = {
  reloads: counter("sluice_reloads_total", ["result"], "Attempts to take over another configuration, by result."),
  configLoaded: gauge(
    "sluice_config_loaded_timestamp_seconds",
    NONE,
    "When the configuration at work was taken over, in seconds since 1970.",
    "max",
  ),
};
