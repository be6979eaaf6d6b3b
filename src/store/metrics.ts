import { CORE, familyOf } from "../observe/metrics/core.ts";
import type { Family } from "../observe/metrics/family.ts";
import type { StoreReport } from "./report.ts";

/** The metrics of the store. */
export function storeFamilies({
  kind,
  state,
  calls,
  failures,
  inFlight,
  latency,
  entries,
  bytes,
}: StoreReport): readonly Family[] {
  const single = (value: number | undefined) => (value === undefined ? [] : [{ labels: [], value }]);
  return [
    familyOf(CORE.storeUp, [{ labels: [kind], value: state === "up" ? 1 : 0 }]),
    familyOf(CORE.storeCalls, single(calls)),
    familyOf(
      CORE.storeFailures,
      Object.entries(failures).map(([reason, value]) => ({ labels: [reason], value })),
    ),
    familyOf(CORE.storeInFlight, single(inFlight)),
    familyOf(
      CORE.storeLatency,
      latency === undefined ? [] : [{ labels: [], counts: latency.counts, sum: latency.sumMs / 1_000 }],
    ),
    familyOf(CORE.storeEntries, single(entries)),
    familyOf(CORE.storeBytes, single(bytes)),
  ];
}
