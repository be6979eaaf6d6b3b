import { fill } from "../dom/fill.ts";
import { byId, type Child, h } from "../dom/h.ts";
import { type Column, type Row, table } from "../dom/table.ts";
import type { Facts } from "../model/facts.ts";
import { count, duration, rate, share } from "../model/format.ts";
import { isWell, serviceState } from "../model/target-state.ts";
import { failing, NO_TRAFFIC, refusing, type Traffic } from "../model/traffic.ts";
import type { State } from "../state.ts";
import { badge } from "./badge.ts";

/** Rows of a table before the rest is left to the topology. */
const MOST_ROWS = 25;

/** The figures of this moment, and those of each route and service, what fails most first. */
export function renderOverview(state: State, facts: Facts): void {
  fill(byId("tiles"), [h("dl", { class: "tiles" }, tiles(state, facts))]);
  fill(byId("by-route"), byRoute(facts));
  fill(byId("by-service"), byService(facts));
}

function tiles({ listeners }: State, { services, now, traffic: { total } }: Facts): readonly HTMLElement[] {
  const targets = services.flatMap((service) => service.targets);
  const well = targets.filter((target) => isWell(target, now)).length;
  const inUse = targets.reduce((sum, { pool }) => sum + pool.inUse, 0);
  const waiting = targets.reduce((sum, { pool }) => sum + pool.pending, 0);
  const connections = listeners.reduce((sum, listener) => sum + listener.connections, 0);
  return [
    tile("Requests", rate(total.requests)),
    tile("Failed (5xx)", share(failing(total)), failing(total) >= 0.01 ? "critical" : undefined),
    tile("Refused (4xx)", share(refusing(total)), refusing(total) >= 0.2 ? "warning" : undefined),
    tile("Latency p50", duration(total.p50Ms)),
    tile("Latency p99", duration(total.p99Ms)),
    tile("Targets up", `${well} of ${targets.length}`, well < targets.length ? "warning" : undefined),
    tile("Under way", count(inUse)),
    tile("Waiting", count(waiting), waiting > 0 ? "warning" : undefined),
    tile("Connections", count(connections)),
  ];
}

function tile(name: string, value: string, level?: "warning" | "critical"): HTMLElement {
  return h("div", { class: "tile", "data-level": level, "data-key": name }, h("dt", {}, name), h("dd", {}, value));
}

const FIGURES: readonly Column[] = [
  { title: "Requests", isNumber: true },
  { title: "5xx", isNumber: true },
  { title: "4xx", isNumber: true, isExtra: true },
  { title: "p50", isNumber: true, isExtra: true },
  { title: "p99", isNumber: true },
];

function figures(traffic: Traffic): readonly Child[] {
  return [
    rate(traffic.requests),
    share(failing(traffic)),
    share(refusing(traffic)),
    duration(traffic.p50Ms),
    duration(traffic.p99Ms),
  ];
}

function byRoute({ routes, traffic }: Facts): readonly Child[] {
  const all = sorted(routes.map((route) => ({ route, traffic: traffic.routes.get(route.name) ?? NO_TRAFFIC })));
  const rows = all.slice(0, MOST_ROWS).map(({ route, traffic: lately }): Row => {
    const leadsTo = route.services.map(({ name }) => name).join(", ");
    return { key: route.name, cells: [chooser("route", route.name), leadsTo || "answered here", ...figures(lately)] };
  });
  const columns = [{ title: "Route" }, { title: "Service", isExtra: true }, ...FIGURES];
  return [table("Routes, the last ten seconds", columns, rows, "There is no route."), rest(all.length, "routes")];
}

function byService({ services, traffic, now }: Facts): readonly Child[] {
  const all = sorted(
    services.map((service) => ({ service, traffic: traffic.services.get(service.name) ?? NO_TRAFFIC })),
  );
  const rows = all.slice(0, MOST_ROWS).map(({ service, traffic: lately }): Row => {
    const [requests, failed, , p50, p99] = figures(lately);
    const cells = [chooser("service", service.name), badge(serviceState(service, now)), requests, failed, p50, p99];
    return { key: service.name, cells };
  });
  const columns: readonly Column[] = [
    { title: "Service" },
    { title: "State" },
    { title: "Attempts", isNumber: true },
    { title: "Failed", isNumber: true },
    { title: "p50", isNumber: true, isExtra: true },
    { title: "p99", isNumber: true, isExtra: true },
  ];
  return [table("Services, the last ten seconds", columns, rows, "There is no service."), rest(all.length, "services")];
}

/** What fails most first, then what is asked most. */
function sorted<T extends { readonly traffic: Traffic }>(all: readonly T[]): readonly T[] {
  return all.toSorted(
    (a, b) => b.traffic.serverErrors - a.traffic.serverErrors || b.traffic.requests - a.traffic.requests,
  );
}

function chooser(kind: "route" | "service", name: string): HTMLElement {
  const attributes = { type: "button", class: "link-like", "data-choose": kind, "data-name": name };
  return h("button", { ...attributes, title: "Show its traffic" }, name);
}

function rest(length: number, what: string): Child {
  if (length <= MOST_ROWS) return undefined;
  const text = `The ${MOST_ROWS} that fail or are asked most, of ${count(length)} ${what}; all are in the topology.`;
  return h("p", { class: "hint", "data-key": "rest" }, text);
}
