import type { StoreLatency, StoreReport } from "../store/report.ts";

/** The stores of several workers as one: every number added, and what one of them has lost is lost. */
export function sumStores(reports: readonly StoreReport[]): StoreReport {
  const [first = NOTHING, ...others] = reports;
  return others.reduce(add, first);
}

/** Nobody has answered. */
const NOTHING: StoreReport = { kind: "memory", state: "down", since: 0, calls: 0, failures: {}, inFlight: 0 };

function add(a: StoreReport, b: StoreReport): StoreReport {
  const worse = a.state === "down" ? a : b.state === "down" ? b : a.since > b.since ? a : b;
  const lastError = (a.lastError?.at ?? 0) > (b.lastError?.at ?? 0) ? a.lastError : b.lastError;
  const failures: Record<string, number> = { ...a.failures };
  for (const [reason, count] of Object.entries(b.failures)) failures[reason] = (failures[reason] ?? 0) + count;
  return {
    ...a,
    state: worse.state,
    since: worse.since,
    ...(lastError === undefined ? {} : { lastError }),
    calls: a.calls + b.calls,
    failures,
    inFlight: a.inFlight + b.inFlight,
    ...(a.latency === undefined || b.latency === undefined ? {} : { latency: addLatency(a.latency, b.latency) }),
    ...(a.entries === undefined || b.entries === undefined ? {} : { entries: a.entries + b.entries }),
    ...(a.bytes === undefined || b.bytes === undefined ? {} : { bytes: a.bytes + b.bytes }),
  };
}

function addLatency(a: StoreLatency, b: StoreLatency): StoreLatency {
  return {
    count: a.count + b.count,
    sumMs: a.sumMs + b.sumMs,
    maxMs: Math.max(a.maxMs, b.maxMs),
    counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)),
  };
}
