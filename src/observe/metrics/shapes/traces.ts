import { counter, gauge } from "./shape.ts";

const NONE = [] as const;

/** What is counted of traces; only where there is `telemetry`. */
export const TRACES = {
  tracesRecorded: counter("sluice_traces_recorded_total", NONE, "Requests whose trace was recorded."),
  tracesLimited: counter(
    "sluice_traces_limited_total",
    NONE,
    "Requests that were not recorded because there were as many as `telemetry.limit`.",
  ),
  traceSpans: counter(
    "sluice_trace_spans_total",
    ["result"],
    "Spans that the collector has taken (exported), that could not be sent to it (failed), or found no room to wait (dropped).",
  ),
  traceCollectorUp: gauge(
    "sluice_trace_collector_up",
    NONE,
    "1 if the collector has taken the latest export, 0 if not; missing before the first.",
    "min",
  ),
  traceSpansWaiting: gauge("sluice_trace_spans_waiting", NONE, "Spans that wait to be sent to the collector."),
};
