import { fill } from "../dom/fill.ts";
import { byId, h } from "../dom/h.ts";
import { type ConfigLine, configLines, filterLines } from "../model/config-lines.ts";
import type { State } from "../state.ts";

/** Lines shown at a time: a filter finds the others. */
const MOST_LINES = 2_000;
/** Further in is not indented. */
const DEEPEST = 8;

let wanted = "";

/** The filter above the configuration. */
export function startConfiguration(changed: () => void): void {
  byId("configuration-text").addEventListener("input", (event) => {
    if (event.target instanceof HTMLInputElement) wanted = event.target.value;
    changed();
  });
}

/** The configuration at work, without secrets, and where each line of it is written. */
export function renderConfiguration({ configuration, missing }: State): void {
  const box = byId("configuration-lines");
  if (configuration === undefined) {
    const isMissing = missing.has("/api/config");
    return fill(box, [h("p", { class: "empty" }, isMissing ? "This gateway does not tell it." : "It is on its way.")]);
  }
  const lines = filterLines(configLines(configuration), wanted);
  fill(box, [
    h(
      "p",
      { class: "hint" },
      `${configuration.files.join(", ")}. Variables are shown by their names, secrets are left out.`,
    ),
    h(
      "div",
      { class: "table", role: "region", "aria-label": "Lines of the configuration", tabindex: 0 },
      h(
        "table",
        { class: "configuration" },
        h("caption", {}, "The configuration at work, and where it is written"),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Key and value"), h("th", { scope: "col" }, "From"))),
        h("tbody", {}, lines.slice(0, MOST_LINES).map(lineOf)),
      ),
    ),
    lines.length > MOST_LINES && h("p", { class: "hint" }, `The first ${MOST_LINES} lines of ${lines.length}.`),
    lines.length === 0 && h("p", { class: "empty" }, "No line has that text."),
  ]);
}

function lineOf({ path, depth, key, value, place, isPlaceOwn }: ConfigLine): HTMLElement {
  const name = key === "-" ? "-" : `${key}:`;
  return h(
    "tr",
    { "data-key": path },
    h(
      "td",
      { class: `depth-${Math.min(depth, DEEPEST)}` },
      h("span", { class: "name" }, name),
      value !== undefined && h("span", { class: value === "[redacted]" ? "redacted" : "value" }, ` ${value}`),
    ),
    h("td", { class: isPlaceOwn ? "place" : "place inherited" }, place ?? ""),
  );
}
