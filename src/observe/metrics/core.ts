import type {
  CounterShape,
  Family,
  GaugeShape,
  HistogramSeries,
  HistogramShape,
  NumberSeries,
  Shape,
} from "./family.ts";
import { ALERTS } from "./shapes/alerts.ts";
import { CANARIES } from "./shapes/canaries.ts";
import { LISTENERS, OVERLOAD } from "./shapes/listeners.ts";
import { DOCUMENTS } from "./shapes/openapi.ts";
import { PROCESS, RELOADS, STORE, WORKERS } from "./shapes/processes.ts";
import { REQUESTS } from "./shapes/requests.ts";
import { TRACES } from "./shapes/traces.ts";
import { SERVICES, UPSTREAM } from "./shapes/upstream.ts";

/** Every metric of the gateway itself: the reference docs and the tests are made from this table. */
export const CORE = {
  ...REQUESTS,
  ...UPSTREAM,
  ...SERVICES,
  ...CANARIES,
  ...LISTENERS,
  ...OVERLOAD,
  ...STORE,
  ...RELOADS,
  ...DOCUMENTS,
  ...ALERTS,
  ...TRACES,
  ...PROCESS,
  ...WORKERS,
};

/** The family of a metric with these series. */
export function familyOf(shape: HistogramShape, series: readonly HistogramSeries[]): Family;
export function familyOf(shape: CounterShape | GaugeShape, series: readonly NumberSeries[]): Family;
export function familyOf(shape: Shape, series: readonly unknown[]): Family {
  return { ...shape, series } as Family;
}
