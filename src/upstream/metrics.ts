import { CORE, familyOf } from "../observe/metrics/core.ts";
import type { CounterShape, Family, GaugeShape, HistogramSeries, NumberSeries } from "../observe/metrics/family.ts";
import type { Service } from "./service.ts";
import type { Target } from "./target.ts";

/** A target with its labels. */
interface Reading {
  readonly labels: readonly string[];
  readonly target: Target;
}

/** The metrics of all targets, made of what they count anyway. */
export function upstreamFamilies(services: Iterable<Service>): readonly Family[] {
  const readings = [...services].flatMap(({ name, targets }) =>
    targets.map((target) => ({ labels: [name, target.url], target })),
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
    each(CORE.upstreamOpen, ({ target }) => target.pool.open),
    each(CORE.upstreamIdle, ({ target }) => target.pool.idle),
    each(CORE.upstreamInUse, ({ target }) => target.pool.inUse),
    each(CORE.upstreamTunnels, ({ target }) => target.pool.tunnels),
    each(CORE.upstreamPending, ({ target }) => target.pool.pending),
    familyOf(
      CORE.upstreamWait,
      readings.map(({ labels, target }) => ({ ...target.stats.waits.series(), labels })),
    ),
    each(CORE.upstreamOpened, ({ target }) => target.stats.created),
    each(CORE.upstreamClosed, ({ target }) => target.stats.closed),
    each(CORE.upstreamReused, ({ target }) => target.stats.reused),
  ];
}

function errorSeries({ labels, target }: Reading): readonly NumberSeries[] {
  return [...target.stats.errors].map(([code, value]) => ({ labels: [...labels, code], value }));
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
function latencySeries({ labels, target: { stats } }: Reading): HistogramSeries {
  return { labels, counts: stats.latency.octaves(), sum: stats.latency.sumMs / 1_000 };
}
