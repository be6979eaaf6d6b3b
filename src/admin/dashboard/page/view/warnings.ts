import { type Follower, follow } from "../api/follow.ts";
import { fill } from "../dom/fill.ts";
import { byId, h } from "../dom/h.ts";
import type { LogLine } from "../model/log-line.ts";
import type { State } from "../state.ts";
import { badge } from "./badge.ts";

/** Lines that are shown. */
const MOST_LINES = 8;
/** Lines of single requests: there may be hundreds a second, and the recent errors have them. */
const OF_REQUESTS: readonly string[] = ["request", "request refused", "request failed"];

/** What the gateway itself has warned of lately: it says so of all that befalls it, a collector or a certificate as well. */
export function startWarnings(state: State, changed: () => void): Follower {
  return follow({
    isWanted: () => state.view === "overview" && state.isLetIn && !document.hidden,
    path: () => "/api/log?level=warn",
    begins() {
      state.warnings = [];
    },
    take(line) {
      if (OF_REQUESTS.includes(line.message)) return;
      state.warnings = [line, ...state.warnings].slice(0, MOST_LINES);
      changed();
    },
    tell() {},
  });
}

/** Newest first; nothing where nothing was warned of. */
export function renderWarnings({ warnings }: State): void {
  fill(byId("warnings"), warnings.length === 0 ? [] : [h("h3", {}, "Latest warnings of the gateway"), list(warnings)]);
}

function list(warnings: readonly LogLine[]): HTMLElement {
  const items = warnings.map(({ time, level, message, fields }) =>
    h(
      "li",
      {},
      h("time", { class: "hint" }, time),
      " ",
      badge({ word: level, level: level === "error" ? "critical" : "warning" }),
      ` ${message} `,
      h("span", { class: "hint" }, fields),
    ),
  );
  return h("ul", { class: "warnings" }, items);
}
