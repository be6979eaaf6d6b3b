import { type Counts, ROUTE_BOUNDS, type Sample, SERVICE_BOUNDS } from "../history/sample.ts";
import type { Subject } from "./finding.ts";
import type { Per } from "./rule.ts";

/** The requests of one subject in the time that a sample covers. */
export interface SubjectCounts {
  /** Tells subjects of one rule apart. */
  readonly key: string;
  readonly subject: Subject;
  readonly counts: Counts;
  /** Upper bounds of `counts.latency`, in seconds. */
  readonly bounds: readonly number[];
}

/** The subjects of a sample that a rule is about. What no route took is in none but `all`. */
export function* subjectsOf(sample: Sample, per: Per, only?: ReadonlySet<string>): Generator<SubjectCounts> {
  if (per === "all") {
    yield { key: "", subject: {}, counts: sample.total, bounds: ROUTE_BOUNDS };
    return;
  }
  const isRoute = per === "route";
  const bounds = isRoute ? ROUTE_BOUNDS : SERVICE_BOUNDS;
  for (const [name, counts] of isRoute ? sample.routes : sample.services) {
    if (name === "" || (only !== undefined && !only.has(name))) continue;
    yield { key: name, subject: isRoute ? { route: name } : { service: name }, counts, bounds };
  }
}

/** How many of the requests took longer than that; within a bucket they are taken to be spread evenly. */
export function slowerThan(latency: readonly number[], bounds: readonly number[], seconds: number): number {
  let slower = 0;
  for (const [index, count] of latency.entries()) {
    if (count === 0) continue;
    const lower = bounds[index - 1] ?? 0;
    const upper = bounds[index] ?? Number.POSITIVE_INFINITY;
    if (seconds <= lower) slower += count;
    else if (seconds < upper && upper !== Number.POSITIVE_INFINITY) {
      slower += (count * (upper - seconds)) / (upper - lower);
    }
  }
  return slower;
}
