import type { Circuit, Service, Target } from "../api/types.ts";
import { type Child, h } from "../dom/h.ts";
import { type Column, type Row, table } from "../dom/table.ts";
import type { Facts } from "../model/facts.ts";
import { count, duration, rate } from "../model/format.ts";
import { circuitState, type State as Health, targetState } from "../model/target-state.ts";
import { badge } from "./badge.ts";

const TARGETS: readonly Column[] = [
  { title: "Target" },
  { title: "State" },
  { title: "Rate", isNumber: true, isExtra: true },
  { title: "p50", isNumber: true },
  { title: "p99", isNumber: true, isExtra: true },
  { title: "In use", isNumber: true, isExtra: true },
  { title: "Open", isNumber: true, isExtra: true },
  { title: "Waiting", isNumber: true, isExtra: true },
  { title: "Errors", isNumber: true, isExtra: true },
  { title: "Action" },
];

/** The targets of a service: whether each gets requests, how fast it is, and what its pool does. */
export function targetTable(service: Service, facts: Facts): HTMLElement {
  const rows = service.targets.map((target): Row => {
    const { perSecond, p50Ms, p99Ms } = facts.targetTraffic(service.name, target.url);
    const { pool, weight, url } = target;
    const errors = Object.values(pool.errors).reduce((a, b) => a + b, 0);
    return {
      key: url,
      cells: [
        [url, weight !== 1 && h("span", { class: "hint" }, ` weight ${weight}`)],
        withReason(targetState(target, facts.now)),
        rate(perSecond),
        duration(p50Ms),
        duration(p99Ms),
        count(pool.inUse),
        count(pool.open),
        count(pool.pending),
        count(errors),
        drainButton(service.name, target),
      ],
    };
  });
  return table(`Targets of ${service.name}`, TARGETS, rows, "It has no target.");
}

function withReason(state: Health): Child {
  return [badge(state), state.why !== undefined && h("span", { class: "hint why" }, state.why)];
}

function drainButton(service: string, { url, isDrained }: Target): HTMLElement {
  const action = isDrained === true ? "undrain" : "drain";
  const text = isDrained === true ? "Take back …" : "Drain …";
  const label = `${isDrained === true ? "Take back" : "Drain"} ${url}`;
  const attributes = {
    type: "button",
    class: "small",
    "data-action": action,
    "data-service": service,
    "data-target": url,
  };
  return h("button", { ...attributes, "aria-label": label }, text);
}

/** The breakers of a service that were asked so far. */
export function circuitList({ name, circuits = [] }: Service, now: number): Child {
  if (circuits.length === 0) return undefined;
  const rows = circuits.map((circuit): Row => {
    const where = circuit.target ?? "the whole service";
    return {
      key: `${circuit.site} ${where}`,
      cells: [where, withReason(circuitState(circuit, now)), circuit.site, breakerButton(name, circuit)],
    };
  });
  const columns = [
    { title: "Circuit for" },
    { title: "State" },
    { title: "Written at", isExtra: true },
    { title: "Action" },
  ];
  return table(`Circuit breakers of ${name}`, columns, rows, "");
}

function breakerButton(service: string, { target, state }: Circuit): HTMLElement {
  return h(
    "button",
    {
      type: "button",
      class: "small",
      "data-action": "breaker",
      "data-service": service,
      "data-target": target,
      "data-state": state,
      "aria-label": `Force the circuit of ${target ?? service}`,
    },
    "Force …",
  );
}
