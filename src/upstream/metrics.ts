import { CORE, familyOf } from "../observe/metrics/core.ts";
import type { CounterShape, Family, GaugeShape, HistogramSeries, NumberSeries } from "../observe/metrics/family.ts";
import type { Service } from "./service.ts";
import type { PoolStats } from "./stats.ts";
import type { Target } from "./target.ts";

/** A target with its labels, read once. */
interface Reading {
  readonly labels: readonly string[];
  readonly target: Target;
  readonly stats: PoolStats;
}

/** The metrics of all targets, made of what they count anyway. */
export function upstreamFamilies(services: Iterable<Service>): readonly Family[] {
  const readings = [...services].flatMap(({ name, targets }) =>
    targets.map((target) => ({ labels: [name, target.url], target, stats: target.stats.snapshot(target.pool) })),
  );
  const each = (shape: CounterShape | GaugeShape, read: (reading: Reading) => number) =>
    familyOf(
      shape,
      readings.map((reading) => ({ labels: reading.labels, value: read(reading) })),
    );
  return [
    each(CORE.upstreamAttempts, ({ target }) => target.stats.attempts),
    familyOf(CORE.upstreamErrors, readings.flatMap(errorSeries)),
    familyOf(CORE.upstreamLatency, readings.map(latencySeries)),
    familyOf(CORE.upstreamUp, readings.flatMap(upSeries)),
    each(CORE.targetHealthy, ({ target }) => (target.health.isUsable ? 1 : 0)),
    each(CORE.targetDrained, ({ target }) => (target.health.isDrained ? 1 : 0)),
    familyOf(CORE.targetChecks, readings.flatMap(checkSeries)),
    each(CORE.targetEjections, ({ target }) => target.health.ejections),
    each(CORE.upstreamOpen, ({ stats }) => stats.open),
    each(CORE.upstreamIdle, ({ stats }) => stats.idle),
    each(CORE.upstreamInUse, ({ stats }) => stats.inUse),
    each(CORE.upstreamTunnels, ({ stats }) => stats.tunnels),
    each(CORE.upstreamPending, ({ stats }) => stats.pending),
    familyOf(
      CORE.upstreamWait,
      readings.map(({ labels, target }) => ({ ...target.stats.waits.series(), labels })),
    ),
    each(CORE.upstreamOpened, ({ stats }) => stats.created),
    each(CORE.upstreamClosed, ({ stats }) => stats.closed),
    each(CORE.upstreamReused, ({ stats }) => stats.reused),
  ];
}

function errorSeries({ labels, stats }: Reading): readonly NumberSeries[] {
  return Object.entries(stats.errors).map(([code, value]) => ({ labels: [...labels, code], value }));
}

function upSeries({ labels, target }: Reading): readonly NumberSeries[] {
  const { health } = target.pool;
  return health === "unknown" ? [] : [{ labels, value: health === "up" ? 1 : 0 }];
}

/** None where nobody checks. */
function checkSeries({ labels, target }: Reading): readonly NumberSeries[] {
  const { checksPassed, checksFailed } = target.health;
  if (checksPassed + checksFailed === 0) return [];
  return [
    { labels: [...labels, "passed"], value: checksPassed },
    { labels: [...labels, "failed"], value: checksFailed },
  ];
}

/** Every second bound that latencies are kept by is told, so nothing is guessed. */
function latencySeries({ labels, stats: { latency } }: Reading): HistogramSeries {
  const counts: number[] = CORE.upstreamLatency.bounds.map(() => 0);
  let bounded = 0;
  for (const [index, [, count]] of latency.buckets.entries()) {
    const octave = Math.ceil(index / 2);
    counts[octave] = (counts[octave] ?? 0) + count;
    bounded += count;
  }
  return { labels, counts: [...counts, latency.count - bounded], sum: latency.sumMs / 1_000 };
}
