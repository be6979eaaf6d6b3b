import type { Canary, CanaryCounts, Service } from "../api/types.ts";
import { type Child, h } from "../dom/h.ts";
import { type Column, type Row, table } from "../dom/table.ts";
import { type CanaryAction, canaryActions, canaryState, VERBS } from "../model/canary-state.ts";
import type { Facts } from "../model/facts.ts";
import { ago, count, share } from "../model/format.ts";
import { badge } from "./badge.ts";

const COLUMNS: readonly Column[] = [
  { title: "Canary on" },
  { title: "State" },
  { title: "Share", isNumber: true },
  { title: "Step", isNumber: true, isExtra: true },
  { title: "Failed", isExtra: true },
  { title: "Since", isExtra: true },
  { title: "Action" },
];

/** The routes on which a service is tried out as the new version. */
export function canaryList({ name }: Service, { canaries, now }: Facts): Child {
  const own = canaries.filter(({ service }) => service === name);
  if (own.length === 0) return undefined;
  const rows = own.map((canary): Row => {
    const { route, against, counts, step, steps, since } = canary;
    const state = canaryState(canary, now);
    const old = h("span", { class: "hint" }, ` ${against}: ${failed(counts.old)}`);
    return {
      key: route,
      cells: [
        route,
        [badge(state), state.why !== undefined && h("span", { class: "hint why" }, state.why)],
        share(canary.share),
        `${step} of ${steps}`,
        [failed(counts.new), old],
        ago(since, now),
        canaryActions(canary).map((action) => button(canary, action)),
      ],
    };
  });
  return table(`Canaries to ${name}`, COLUMNS, rows, "");
}

function failed({ requests, failures }: CanaryCounts): string {
  return `${count(failures)} of ${count(requests)}`;
}

function button({ route, service, against, state, reason }: Canary, action: CanaryAction): HTMLElement {
  const attributes = {
    type: "button",
    class: "small",
    "data-action": "canary",
    "data-do": action,
    "data-route": route,
    "data-service": service,
    "data-against": against,
    "data-state": state,
    "data-reason": reason,
  };
  return h("button", { ...attributes, "aria-label": `${VERBS[action]} the canary on ${route}` }, `${VERBS[action]} …`);
}
