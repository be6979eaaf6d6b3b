import { h } from "../dom/h.ts";
import type { Level, State } from "../model/target-state.ts";

/** A sign beside the word, for those who do not see colours. */
const SIGNS: Readonly<Record<Level, string>> = { good: "●", note: "○", warning: "▲", critical: "■" };

/** A state in a word, with a colour and a sign. */
export function badge({ word, level }: State): HTMLElement {
  return h(
    "span",
    { class: "badge", "data-level": level },
    h("span", { "aria-hidden": "true" }, SIGNS[level]),
    `\u00a0${word}`,
  );
}
