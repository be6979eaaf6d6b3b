import type { Alert, Silence } from "../api/types.ts";
import { fill } from "../dom/fill.ts";
import { byId, type Child, h } from "../dom/h.ts";
import { type Row, table } from "../dom/table.ts";
import type { Facts } from "../model/facts.ts";
import { ago, span } from "../model/format.ts";
import type { State } from "../state.ts";
import { badge } from "./badge.ts";

/** Which alerts fire, which are about to, and what is silenced. */
export function renderAlerts({ alerts, missing }: State, { now }: Facts): void {
  fill(byId("alert-list"), [content(alerts?.alerts ?? [], alerts?.silences ?? [], missing.has("/api/alerts"), now)]);
}

function content(alerts: readonly Alert[], silences: readonly Silence[], isMissing: boolean, now: number): Child {
  if (isMissing)
    return h("p", { class: "empty" }, "This gateway has no alerts: they are declared under alerts in gateway.yaml.");
  const firing = alerts.toSorted((a, b) => Number(b.state === "firing") - Number(a.state === "firing"));
  const rows = firing.map((alert): Row => {
    const { id, rule, severity, state, route, service, part, since, summary } = alert;
    const level =
      state === "firing" ? (severity === "critical" || severity === "page" ? "critical" : "warning") : "note";
    const where = { "data-rule": rule, "data-route": route, "data-service": service };
    const silence = {
      type: "button",
      class: "small",
      "data-action": "silence",
      "aria-label": `Silence ${rule}`,
      ...where,
    };
    return {
      key: id,
      cells: [
        rule,
        badge({ word: `${state}${toldTo(alert)}`, level }),
        severity,
        summary,
        [route ?? service ?? "the gateway", part].filter((where) => where !== undefined).join(", "),
        ago(since, now),
        h("button", silence, "Silence …"),
      ],
    };
  });
  const columns = [
    { title: "Alert" },
    { title: "State" },
    { title: "Severity", isExtra: true },
    { title: "What" },
    { title: "Where", isExtra: true },
    { title: "Since", isExtra: true },
    { title: "Action" },
  ];
  return [
    h(
      "section",
      { class: "panel", "aria-label": "Alerts that fire or are about to" },
      table("Alerts", columns, rows, "No alert fires."),
    ),
    h("section", { class: "panel", "aria-label": "What is silenced" }, silenceTable(silences, now)),
  ];
}

function toldTo({ silencedBy, inhibitedBy }: Alert): string {
  if (silencedBy !== undefined) return ", silenced";
  return inhibitedBy === undefined ? "" : ", follows from another";
}

function silenceTable(silences: readonly Silence[], now: number): HTMLElement {
  const rows = silences.map(({ id, rule, route, service, reason, until }): Row => {
    const what = [rule, route, service].filter((part) => part !== undefined).join(", ");
    const end = { type: "button", class: "small", "data-action": "unsilence", "data-id": id };
    const left = span(Date.parse(until) - now);
    const button = h("button", { ...end, "aria-label": `End the silence of ${what}` }, "End …");
    return { key: id, cells: [what === "" ? "everything" : what, reason, left, button] };
  });
  const columns = [
    { title: "Silenced" },
    { title: "Why" },
    { title: "Still for", isNumber: true },
    { title: "Action" },
  ];
  return table("Silences", columns, rows, "Nothing is silenced.");
}
