import type { History, Series } from "../api/types.ts";
import { count, duration, rate, share } from "./format.ts";
import { emptySeries } from "./series.ts";

/** One line of a chart. */
export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Which of the chart's six colours it has, from 1. */
  readonly colour: number;
}

/** What a chart shows, and the same in words. */
export interface Chart {
  readonly kind: "rate" | "errors" | "latency";
  readonly lines: readonly Line[];
}

/** Whose figures: the whole gateway's, one route's or service's, or several compared. */
export type Subject =
  | { readonly kind: "total" | "routes" | "services" }
  | { readonly kind: "route" | "service"; readonly name: string };

/** Lines in a comparison, at most: more cannot be told apart. */
const MOST_LINES = 6;

/** The three charts of a subject. */
export function chartsOf(history: History, subject: Subject): readonly [Chart, Chart, Chart] {
  if (subject.kind === "routes") return compared(history.routes);
  if (subject.kind === "services") return compared(history.services);
  const series = seriesOf(history, subject) ?? emptySeries(history.at.length);
  return alone(series, subject.kind === "service");
}

function seriesOf(history: History, subject: Subject): Series | undefined {
  if (subject.kind !== "route" && subject.kind !== "service") return history.total;
  const all = subject.kind === "route" ? history.routes : history.services;
  return Object.hasOwn(all, subject.name) ? all[subject.name] : undefined;
}

function alone(series: Series, isService: boolean): readonly [Chart, Chart, Chart] {
  const failures = {
    label: isService ? "failed attempts" : "5xx",
    values: shares(series.serverErrors, series.requests),
    colour: 5,
  };
  const refused = { label: "4xx", values: shares(series.clientErrors, series.requests), colour: 2 };
  return [
    { kind: "rate", lines: [{ label: isService ? "attempts" : "requests", values: series.requests, colour: 1 }] },
    { kind: "errors", lines: isService ? [failures] : [failures, refused] },
    {
      kind: "latency",
      lines: [
        { label: "p50", values: series.p50Ms, colour: 1 },
        { label: "p90", values: series.p90Ms, colour: 2 },
        { label: "p99", values: series.p99Ms, colour: 3 },
      ],
    },
  ];
}

function compared(all: Readonly<Record<string, Series>>): readonly [Chart, Chart, Chart] {
  const sum = ({ requests }: Series) => requests.reduce((a, b) => a + b, 0);
  const busiest = Object.entries(all)
    .toSorted(([, a], [, b]) => sum(b) - sum(a))
    .slice(0, MOST_LINES);
  const lines = (values: (series: Series) => readonly (number | null)[]) =>
    busiest.map(([name, series], i) => ({ label: name || "no route", values: values(series), colour: i + 1 }));
  return [
    { kind: "rate", lines: lines(({ requests }) => requests) },
    { kind: "errors", lines: lines((series) => shares(series.serverErrors, series.requests)) },
    { kind: "latency", lines: lines(({ p99Ms }) => p99Ms) },
  ];
}

/** Each of the one as a part of the other; null where there is nothing. */
function shares(some: readonly number[], all: readonly number[]): readonly (number | null)[] {
  return some.map((value, i) => {
    const whole = all[i] ?? 0;
    return whole === 0 ? null : Math.min(1, value / whole);
  });
}

/** A value of a chart as people read it. */
export function shown(kind: Chart["kind"], value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (kind === "rate") return rate(value);
  return kind === "errors" ? share(value) : duration(value);
}

/** A chart in a sentence, for those who do not see it. */
export function inWords({ kind, lines }: Chart): string {
  if (lines.length === 0) return "There is nothing to show.";
  return lines
    .map(({ label, values }) => {
      const known = values.filter((value) => value !== null);
      const last = known.at(-1);
      if (last === undefined) return `${label}: no data`;
      const [least, most] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
      return `${label}: now ${shown(kind, last)}, from ${shown(kind, least)} to ${shown(kind, most)}`;
    })
    .join("; ");
}

/** How much time there is in so many steps, for a caption: `of 12 minutes`. */
export function lengthOf({ at, stepMs }: History): string {
  const minutes = (at.length * stepMs) / 60_000;
  if (minutes < 1) return `${count(at.length)} seconds`;
  return minutes < 120 ? `${count(Math.round(minutes))} minutes` : `${count(Math.round(minutes / 60))} hours`;
}
