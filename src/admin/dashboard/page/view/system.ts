import type { Reload, StoreState } from "../api/types.ts";
import { fill } from "../dom/fill.ts";
import { byId, type Child, h } from "../dom/h.ts";
import { type Row, table } from "../dom/table.ts";
import type { Facts } from "../model/facts.ts";
import { ago, clock, count, duration, some } from "../model/format.ts";
import type { State } from "../state.ts";
import { badge } from "./badge.ts";

/** The processes, the ports, the store, the reloads, and who has done what. */
export function renderSystem(state: State, { now }: Facts): void {
  fill(byId("system-parts"), [
    panel("Reload", reloads(state, now)),
    panel("Workers", workers(state, now)),
    panel("Store", store(state.store, now)),
    panel("Listeners", listeners(state)),
    panel("Audit", audit(state)),
  ]);
}

function panel(title: string, content: Child): HTMLElement {
  return h("section", { class: "panel", "aria-label": title, "data-key": title }, h("h3", {}, title), content);
}

function reloads({ configuration }: State, now: number): Child {
  if (configuration === undefined) return h("p", { class: "empty" }, "Nothing is known of the configuration yet.");
  const { loadedAt, lastReload, lastFailure, needsRestart, files } = configuration;
  const isEarlier = lastFailure !== undefined && lastFailure.at !== lastReload?.at;
  return [
    h("p", {}, `The configuration at work is from ${clock(loadedAt)}, ${ago(loadedAt, now)}: ${files.join(", ")}`),
    needsRestart.length > 0 && h("p", {}, `A restart is needed for ${needsRestart.join(", ")}.`),
    lastReload !== undefined && reload("The latest reload", lastReload, now),
    isEarlier && reload("The last one that failed", lastFailure, now),
  ];
}

function reload(title: string, { result, by, at, changes, problems }: Reload, now: number): HTMLElement {
  const level = result === "applied" ? "good" : result === "partial" ? "warning" : "critical";
  return h(
    "div",
    { "data-key": title },
    h(
      "p",
      {},
      `${title}: `,
      badge({ word: result, level }),
      ` ${ago(at, now)}, by ${by}, ${some(changes.length, "change")}`,
    ),
    problemList(problems),
  );
}

/** Mistakes in a configuration, each with its place. */
export function problemList(problems: Reload["problems"]): Child {
  if (problems.length === 0) return undefined;
  const items = problems.map(({ file, line, column, severity, path, message, hint }) => {
    const place = line === 0 ? file : `${file}:${line}:${column}`;
    const told = `${severity} ${path === "" ? "" : `${path}: `}${message}`;
    return h(
      "li",
      {},
      h("code", {}, place),
      ` ${told}`,
      hint !== undefined && h("span", { class: "hint" }, ` ${hint}`),
    );
  });
  return h("ul", { class: "problems" }, items);
}

function workers({ workers: all }: State, now: number): Child {
  const rows = all.map(({ worker, pid, state, since, restarts, isSilent, behind }): Row => {
    const isWell = state === "running" && isSilent !== true;
    const word = isSilent === true ? "does not answer" : state;
    const level = isWell ? (behind === undefined ? "good" : "warning") : "critical";
    const name = worker === undefined ? "the gateway" : `worker ${worker}`;
    const cells = [name, badge({ word, level }), pid ?? "–", ago(since, now), count(restarts), behind ?? ""];
    return { key: name, cells };
  });
  const columns = [
    { title: "Process" },
    { title: "State" },
    { title: "Pid", isNumber: true, isExtra: true },
    { title: "Since" },
    { title: "Restarts", isNumber: true },
    { title: "Behind", isExtra: true },
  ];
  return table("Processes that serve requests", columns, rows, "Nothing is known yet.");
}

function store(report: StoreState | undefined, now: number): Child {
  if (report === undefined) return h("p", { class: "empty" }, "Nothing is known yet.");
  const { kind, mode, state, since, calls, latency, entries, lastError } = report;
  const name = kind === "redis" ? `Redis${mode === undefined || mode === "single" ? "" : `, ${mode}`}` : "embedded";
  const mean =
    latency === undefined ? "" : `, ${duration(latency.meanMs)} on average, ${duration(latency.maxMs)} at most`;
  const keys = entries === undefined ? "" : `, ${some(entries, "key")}`;
  return [
    h(
      "p",
      {},
      `${name}: `,
      badge({ word: state, level: state === "up" ? "good" : "critical" }),
      ` ${ago(since, now)}, ${some(calls, "call")}${mean}${keys}`,
    ),
    lastError !== undefined &&
      h("p", { class: "hint" }, `Latest error, ${ago(lastError.at, now)}: ${lastError.message}`),
  ];
}

function listeners({ listeners: all }: State): Child {
  const rows = all.map(({ scheme, host, port, connections, tunnels, requests }): Row => {
    const address = `${scheme}://${host}:${port}`;
    return { key: address, cells: [address, count(connections), count(tunnels), count(requests)] };
  });
  const columns = [
    { title: "Address" },
    { title: "Connections", isNumber: true },
    { title: "Tunnels", isNumber: true, isExtra: true },
    { title: "Requests", isNumber: true },
  ];
  return table("Ports for clients", columns, rows, "Nothing is known yet.");
}

function audit({ audit: actions, missing }: State): Child {
  if (missing.has("/api/audit")) return h("p", { class: "empty" }, "This gateway keeps no record of actions.");
  const rows = actions.map(({ at, who, from, method, path, status }): Row => {
    const time = h("time", { datetime: at }, clock(at));
    return { key: `${at} ${path} ${from}`, cells: [time, who, from, h("code", {}, `${method} ${path}`), status] };
  });
  const columns = [
    { title: "Time" },
    { title: "Who" },
    { title: "From", isExtra: true },
    { title: "Action" },
    { title: "Status", isNumber: true },
  ];
  return table("Actions at the admin port", columns, rows, "Nobody has done anything yet.");
}
