import type { Service } from "../api/types.ts";
import { fill } from "../dom/fill.ts";
import { byId, h } from "../dom/h.ts";
import type { Facts } from "../model/facts.ts";
import { count, duration, rate, share, some } from "../model/format.ts";
import { type Branch, topologyOf, type Way } from "../model/topology.ts";
import { failing, NO_TRAFFIC } from "../model/traffic.ts";
import { badge } from "./badge.ts";
import { canaryList } from "./canaries.ts";
import { circuitList, targetTable } from "./targets.ts";

/** With more services than this, those without a problem begin folded. */
const FEW = 8;
/** Services shown at a time: a search finds the others. */
const MOST_BRANCHES = 100;

const wanted = { text: "", onlyProblems: false };

/** The search, the filter and the buttons above the topology. */
export function startTopology(changed: () => void): void {
  byId("topology-text").addEventListener("input", (event) => {
    if (event.target instanceof HTMLInputElement) wanted.text = event.target.value;
    changed();
  });
  byId("topology-problems").addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement) wanted.onlyProblems = event.target.checked;
    changed();
  });
  const foldAll = (isOpen: boolean) => () => {
    for (const one of byId("topology-list").querySelectorAll("details")) one.open = isOpen;
  };
  // The event does not bubble: what is inside is made when it is unfolded.
  byId("topology-list").addEventListener("toggle", changed, true);
  byId("fold-out").addEventListener("click", foldAll(true));
  byId("fold-in").addEventListener("click", foldAll(false));
}

/** Routes → services → targets, with health, breakers and pools. */
export function renderTopology(facts: Facts): void {
  const { branches, own, counts } = topologyOf(facts.routes, facts.services, wanted, facts.now);
  const bad = counts.warning + counts.critical;
  const shown = branches.slice(0, MOST_BRANCHES);
  const of = branches.length === facts.services.length ? "" : ` ${branches.length} shown.`;
  const beyond = shown.length < branches.length ? ` The first ${MOST_BRANCHES} of them: search for others.` : "";
  fill(byId("topology-count"), [
    `${some(facts.services.length, "service")}, ${bad === 0 ? "none" : bad} with a problem.${of}${beyond}`,
  ]);
  fill(byId("topology-list"), [
    shown.map((branch) => branchOf(branch, facts)),
    own.length > 0 &&
      h(
        "section",
        { class: "panel", "data-key": "own", "aria-label": "Answered by the gateway itself" },
        h("h3", {}, "Answered by the gateway itself"),
        h(
          "ul",
          { class: "ways" },
          own.map((route) => wayOf({ route, part: 1 })),
        ),
      ),
  ]);
}

function branchOf({ service, state, routes }: Branch, facts: Facts): HTMLElement {
  const traffic = facts.traffic.services.get(service.name) ?? NO_TRAFFIC;
  const isOpen = facts.services.length <= FEW || state.level === "warning" || state.level === "critical";
  const summary = h(
    "summary",
    {},
    h("h3", {}, service.name),
    badge(state),
    h("span", { class: "hint" }, `${some(routes.length, "route")} → ${some(service.targets.length, "target")}`),
    h(
      "span",
      { class: "hint figures" },
      `${rate(traffic.requests)}, ${share(failing(traffic))} failed, p99 ${duration(traffic.p99Ms)}`,
    ),
  );
  const key = `service ${service.name}`;
  const details = h("details", { class: "branch", "data-key": key, "data-level": state.level, open: isOpen }, summary);
  // What is folded is not made: with hundreds of services the page stays light.
  const current = byId("topology-list").querySelector<HTMLDetailsElement>(`[data-key="${CSS.escape(key)}"]`);
  if (current === null ? isOpen : current.open) details.append(inside(service, routes, facts));
  return details;
}

function inside(service: Service, routes: readonly Way[], facts: Facts): HTMLElement {
  const limits = (service.limiters ?? []).map(({ plugin, limit, inFlight, refused }) =>
    h("li", {}, `${plugin}: ${count(inFlight)} of ${count(limit)} under way, ${count(refused)} refused`),
  );
  return h(
    "div",
    { class: "branch-inside" },
    h(
      "div",
      { class: "from" },
      h("h4", {}, "Routes"),
      routes.length === 0
        ? h("p", { class: "empty" }, "No route leads here.")
        : h("ul", { class: "ways" }, routes.map(wayOf)),
      h("p", { class: "hint" }, `Balance: ${service.balance}`),
      limits.length > 0 && h("ul", { class: "plain" }, limits),
    ),
    h("div", { class: "to" }, targetTable(service, facts), circuitList(service, facts.now), canaryList(service, facts)),
  );
}

function wayOf({ route, part }: Way): HTMLElement {
  const methods = route.methods === undefined ? "" : `${route.methods.join(", ")} `;
  const where = `${methods}${route.host ?? ""}${route.path}`;
  const of = part < 1 ? ` (${share(part)})` : "";
  const name = route.name === where || route.name === route.path ? "" : ` – ${route.name}`;
  const plugins = route.plugins.map((plugin) => plugin.name).join(", ");
  return h(
    "li",
    { "data-key": route.name },
    h("code", {}, where),
    `${name}${of}`,
    plugins !== "" && h("span", { class: "hint" }, ` ${plugins}`),
    route.canary !== undefined &&
      h(
        "span",
        { class: "hint" },
        ` canary ${route.canary.service}: ${route.canary.state}, ${share(route.canary.share)}`,
      ),
  );
}
