import type { CanaryCounts, CanaryReport, CanaryView } from "../traffic/canary-report.ts";

/**
 * The canaries of all workers: without a common store each decides for itself, and that one has stopped is to be seen.
 *
 * @param lists what workers have answered; while a reload goes on, one may have other canaries than another
 */
export function sumCanaries(lists: readonly (readonly CanaryView[])[]): readonly CanaryView[] {
  const byRun = Map.groupBy(lists.flat(), ({ run }) => run);
  return [...byRun.values()].map((views) => views.reduce(joined));
}

function joined(a: CanaryView, b: CanaryView): CanaryView {
  return {
    ...moreCautious(a, b),
    order: Math.max(a.order, b.order),
    counts: { new: sum(a.counts.new, b.counts.new), old: sum(a.counts.old, b.counts.old) },
  };
}

function sum(a: CanaryCounts, b: CanaryCounts): CanaryCounts {
  return { requests: a.requests + b.requests, failures: a.failures + b.failures };
}

/** One that has stopped, else one that is behind. */
export function moreCautious<C extends CanaryReport>(a: C, b: C): C {
  if (a.state === "stopped") return a;
  return b.state === "stopped" || b.step < a.step ? b : a;
}
