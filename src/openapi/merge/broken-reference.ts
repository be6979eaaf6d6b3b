import type { Kind } from "../grammar.ts";
import { textAt } from "../json.ts";
import type { Report } from "../report.ts";
import type { Source } from "../source.ts";

/** Further than references to references go. */
const MOST_STEPS = 32;

/** Says of a reference that it leads nowhere, and why; of one to a reference, what that says. */
export function reportBroken(source: Source, ref: string, kind: Kind, report: Report): void {
  let last = ref;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const next = textAt(source.locate(last, kind)?.value, "$ref");
    if (next === undefined) break;
    last = next;
  }
  const { text, pointerOf } = source.broken.get(last) ?? { text: `${ref} leads nowhere` };
  const pointer = pointerOf?.();
  const at = pointer === undefined ? {} : { pointer };
  report.add({ kind: "reference-broken", service: source.service, ...at, message: text });
}
