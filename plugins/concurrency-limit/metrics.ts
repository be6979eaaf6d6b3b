import type { CounterSeries, GaugeSeries, Scope } from "../../src/plugin.ts";

/** What is counted of one instance. */
export interface PlaceMetrics {
  readonly allowed: CounterSeries;
  readonly refused: CounterSeries;
  /** The store did not answer. */
  readonly fallback: CounterSeries;
  /** A place's time was over before it could be renewed. */
  readonly lost: CounterSeries;
  readonly use: Use;
}

/** What goes up and down where the options are written, whatever routes they are for. */
export interface Use {
  readonly places: GaugeSeries;
  readonly waiting: GaugeSeries;
}

export function createMetrics({ metrics, route, site }: Scope): PlaceMetrics {
  const name = route?.name ?? "";
  const requests = metrics.counter({
    name: "requests_total",
    help: "Requests that have asked for a place, by what became of them: allowed or refused.",
    labels: ["route", "decision"],
  });
  const fallback = metrics.counter({
    name: "fallbacks_total",
    help: "Requests for which the store did not answer, so that `store-failure` held.",
    labels: ["route"],
  });
  const lost = metrics.counter({
    name: "lost_places_total",
    help: "Places whose time was over before they could be renewed.",
    labels: ["route"],
  });
  const labels = ["site"] as const;
  const places = metrics.gauge({ name: "places_in_use", help: "Places in use, of this gateway.", labels });
  const waiting = metrics.gauge({ name: "waiting", help: "Requests that wait for a place, in this gateway.", labels });
  return {
    allowed: requests.with(name, "allowed"),
    refused: requests.with(name, "refused"),
    fallback: fallback.with(name),
    lost: lost.with(name),
    use: { places: places.with(site), waiting: waiting.with(site) },
  };
}
