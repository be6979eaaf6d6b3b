import { type Counts, noCounts, ROUTE_BOUNDS, type Sample } from "../../../src/history/sample.ts";
import { MINUTE_MS, type Minute, START_MS } from "./traffic.ts";

/** A minute of one route as a sample. */
export function sampleOf({ requests, failures, latency }: Minute, minute: number): Sample {
  const counts: Counts = { requests, clientErrors: 0, serverErrors: failures, latency };
  const at = START_MS + (minute + 1) * MINUTE_MS - 1;
  const routes = requests === 0 ? new Map<string, Counts>() : new Map([["route", counts]]);
  return { at, seconds: 60, total: noCounts(ROUTE_BOUNDS), routes, services: new Map() };
}
