import { ROUTE_BOUNDS, SERVICE_BOUNDS } from "../../src/history/sample.ts";
import { CORE, familyOf } from "../../src/observe/metrics/core.ts";
import type { Family } from "../../src/observe/metrics/family.ts";

/** What a process has counted of one route and its service, each request within 1 ms. */
export function countsOf(requests: number, { failed = 0, refused = 0, route = "users" } = {}): readonly Family[] {
  const well = requests - failed - refused;
  return [
    familyOf(CORE.requests, [
      { labels: [route, "GET", "2xx"], value: well },
      { labels: [route, "GET", "4xx"], value: refused },
      { labels: [route, "GET", "5xx"], value: failed },
    ]),
    familyOf(CORE.requestDuration, [{ labels: [route], counts: inFirst(requests, ROUTE_BOUNDS), sum: 0 }]),
    familyOf(CORE.upstreamAttempts, [
      { labels: ["backend", "http://a"], value: requests },
      { labels: ["backend", "http://b"], value: 0 },
    ]),
    familyOf(CORE.upstreamErrors, [{ labels: ["backend", "http://a", "upstream_reset"], value: failed }]),
    familyOf(CORE.upstreamLatency, [
      { labels: ["backend", "http://a"], counts: inFirst(well, SERVICE_BOUNDS), sum: 0 },
    ]),
  ];
}

function inFirst(count: number, bounds: readonly number[]): number[] {
  return [count, ...bounds.map(() => 0)];
}
