import { fill } from "../dom/fill.ts";
import { byId, h } from "../dom/h.ts";
import { chartsOf, lengthOf, type Subject } from "../model/chart-lines.ts";
import { latest } from "../model/series.ts";
import type { State } from "../state.ts";
import { type ChartBox, createChart } from "./chart.ts";

const boxes: readonly ChartBox[] = [createChart("rate"), createChart("errors"), createChart("latency")];

/** The charts of the traffic, of whatever is chosen; another range has to be asked for first. */
export function startCharts(state: State, changed: () => void, renew: () => void): void {
  byId("charts").append(
    h(
      "div",
      { class: "charts" },
      boxes.map(({ element }) => element),
    ),
    h("p", { id: "charts-note", class: "hint" }),
  );
  byId("subject").addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) state.subject = subjectOf(event.target.value);
    changed();
  });
  byId("range").addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement) state.rangeSeconds = Number(event.target.value);
    renew();
  });
  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>("[data-choose]") : null;
    if (button === null) return;
    const { choose, name = "" } = button.dataset;
    state.subject = { kind: choose === "route" ? "route" : "service", name };
    changed();
    const select = byId("subject");
    select.scrollIntoView({ block: "center" });
    select.focus();
  });
}

/** The colours have changed. */
export function restyleCharts(): void {
  for (const box of boxes) box.restyle();
}

/** The charts of what is chosen, as far as it is known. */
export function renderCharts(state: State): void {
  fillSubjects(state);
  const isLong = state.rangeSeconds > 900;
  const history = isLong ? state.minutes : state.seconds;
  const path = isLong ? "/api/history?step=60" : "/api/history?step=1";
  if (history === undefined) {
    const note = state.missing.has(path) ? "This gateway keeps no history." : "The first values are on their way.";
    return fill(byId("charts-note"), [note]);
  }
  const shown = latest(history, state.rangeSeconds * 1_000);
  const charts = chartsOf(shown, state.subject);
  for (const [i, box] of boxes.entries()) {
    const chart = charts[i];
    if (chart !== undefined) box.show(shown.at, chart);
  }
  const steps = shown.stepMs >= 60_000 ? "minute" : "second";
  const fewest = state.subject.kind === "routes" || state.subject.kind === "services";
  const compared = fewest ? " The six that are asked most; errors are 5xx, latency is p99." : "";
  fill(byId("charts-note"), [`One value a ${steps}, the last ${lengthOf(shown)}.${compared}`]);
}

/** The list of what can be chosen. It is left alone while it is open, that is while it has the focus. */
function fillSubjects({ subject, routes, services }: State): void {
  const select = byId("subject");
  if (!(select instanceof HTMLSelectElement)) return;
  const option = (value: Subject, text: string) => h("option", { value: optionOf(value) }, text);
  const wanted = optionOf(subject);
  if (document.activeElement !== select || select.options.length === 0) {
    fill(select, [
      option({ kind: "total" }, "Everything"),
      option({ kind: "routes" }, "Routes, compared"),
      option({ kind: "services" }, "Services, compared"),
      h(
        "optgroup",
        { label: "Route" },
        routes.map(({ name }) => option({ kind: "route", name }, name)),
      ),
      h(
        "optgroup",
        { label: "Service" },
        services.map(({ name }) => option({ kind: "service", name }, name)),
      ),
    ]);
  }
  if (select.value !== wanted) select.value = wanted;
}

function optionOf(subject: Subject): string {
  return JSON.stringify("name" in subject ? [subject.kind, subject.name] : [subject.kind]);
}

function subjectOf(value: string): Subject {
  const [kind, name] = JSON.parse(value) as [Subject["kind"], string | undefined];
  return kind === "route" || kind === "service" ? { kind, name: name ?? "" } : { kind };
}
