import uPlot from "uplot";
import { fill } from "../dom/fill.ts";
import { h } from "../dom/h.ts";
import { type Chart, inWords, shown } from "../model/chart-lines.ts";
import { clock } from "../model/format.ts";

const TITLES = { rate: "Rate", errors: "Errors", latency: "Latency" } as const;
const HEIGHT = 150;
/** Values in the table below a chart. */
const TABLE_ROWS = 10;

/** A chart on the page: drawn for those who see it, and told in words and as a table for those who do not. */
export interface ChartBox {
  readonly element: HTMLElement;
  /** Shows these values. With other lines than before, or after `restyle`, it is drawn anew. */
  show(at: readonly number[], chart: Chart): void;
  /** The colours of the page have changed. */
  restyle(): void;
}

/** A chart that shows nothing yet. */
export function createChart(kind: Chart["kind"]): ChartBox {
  const canvas = h("div", { class: "canvas", role: "img", "aria-label": `${TITLES[kind]}: no data yet` });
  const numbers = h("div", { class: "numbers" });
  const legend = h("p", { class: "legend" });
  const element = h(
    "figure",
    { class: "chart" },
    h("figcaption", {}, TITLES[kind]),
    legend,
    canvas,
    h("details", {}, h("summary", {}, `${TITLES[kind]} as a table`), numbers),
  );
  let plot: uPlot | undefined;
  let labels = "";
  let latest: { readonly at: readonly number[]; readonly chart: Chart } | undefined;

  const draw = () => {
    if (latest === undefined || canvas.clientWidth === 0) return;
    const { at, chart } = latest;
    const data = [at.map((ms) => ms / 1_000), ...chart.lines.map(({ values }) => [...values])] as uPlot.AlignedData;
    const wanted = JSON.stringify(chart.lines.map(({ label }) => label));
    if (plot !== undefined && wanted === labels) {
      plot.setData(data);
      return;
    }
    plot?.destroy();
    labels = wanted;
    const showAt = (index: number | null | undefined) => {
      if (latest !== undefined) fill(legend, legendOf(latest.chart, index ?? undefined));
    };
    plot = new uPlot(optionsOf(kind, chart, canvas.clientWidth, showAt), data, canvas);
  };
  new ResizeObserver(() => {
    if (canvas.clientWidth === 0) return;
    if (plot === undefined) draw();
    else if (plot.width !== canvas.clientWidth) plot.setSize({ width: canvas.clientWidth, height: HEIGHT });
  }).observe(canvas);

  return {
    element,
    show(at, chart) {
      latest = { at, chart };
      canvas.setAttribute("aria-label", `${TITLES[kind]}. ${inWords(chart)}`);
      fill(legend, legendOf(chart, plot?.cursor.idx ?? undefined));
      fill(numbers, [tableOf(at, chart)]);
      draw();
    },
    restyle() {
      labels = "";
      draw();
    },
  };
}

/** Each line with its latest value, or the one that the pointer is at. */
function legendOf({ kind, lines }: Chart, index: number | undefined): readonly HTMLElement[] {
  return lines.map(({ label, values, colour }) => {
    const value = index === undefined ? values.findLast((one) => one !== null) : values[index];
    const key = h("span", { class: `key key-${colour}`, "aria-hidden": "true" });
    return h("span", { class: "entry" }, key, ` ${label} `, h("b", {}, shown(kind, value)));
  });
}

function tableOf(at: readonly number[], { kind, lines }: Chart): HTMLElement {
  const from = Math.max(0, at.length - TABLE_ROWS);
  const rows = at.slice(from).map((ms, i) => {
    const cells = lines.map(({ values }) => h("td", { class: "number" }, shown(kind, values[from + i])));
    return h("tr", {}, h("th", { scope: "row" }, clock(ms)), cells);
  });
  const head = lines.map(({ label }) => h("th", { scope: "col", class: "number" }, label));
  return h(
    "table",
    {},
    h("caption", {}, `${TITLES[kind]}: the latest values`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Time"), head)),
    h("tbody", {}, rows.toReversed()),
  );
}

function optionsOf(
  kind: Chart["kind"],
  chart: Chart,
  width: number,
  pointedAt: (index: number | null | undefined) => void,
): uPlot.Options {
  const styles = getComputedStyle(document.documentElement);
  const colour = (name: string) => styles.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--faint-text"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false },
    hooks: { setCursor: [({ cursor }) => pointedAt(cursor.idx)] },
    scales: {
      x: { range: (_, first, last) => [Math.min(first, last - LEAST_SECONDS), last] },
      y: { range: (_, __, most) => [0, Math.max(most ?? 0, LEAST_TOP[kind]) * 1.1] },
    },
    axes: [
      { ...axis, size: 24, values: (_, times) => times.map((time) => timeOf(time, times)) },
      { ...axis, size: 56, values: (_, values) => values.map((value) => shown(kind, value)) },
    ],
    series: [
      {},
      ...chart.lines.map((line) => ({
        label: line.label,
        stroke: colour(`--chart-${line.colour}`),
        width: 1.5,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}

/** To the second, where the marks are less than a minute apart. */
function timeOf(time: number, marks: readonly number[]): string {
  const isFine = (marks[1] ?? 0) - (marks[0] ?? 0) < 60;
  return clock(time * 1_000).slice(0, isFine ? 8 : 5);
}

/** A chart is no shorter than this, also while less is known. */
const LEAST_SECONDS = 60;
/** So that nothing looks like a mountain where there is next to nothing. */
const LEAST_TOP = { rate: 1, errors: 0.01, latency: 5 } as const;
