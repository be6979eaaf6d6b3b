import { CORE, familyOf } from "../observe/metrics/core.ts";
import type { Family } from "../observe/metrics/family.ts";
import type { CanaryView } from "./canary-report.ts";
import type { Split } from "./split.ts";

/** How the canaries of these routes are doing. */
export function canaryFamilies(routes: readonly { readonly split: Pick<Split, "canary"> }[]): readonly Family[] {
  const views = routes.flatMap(({ split }) => split.canary?.view() ?? []);
  const each = (read: (view: CanaryView) => number) =>
    views.map((view) => ({ labels: [view.route, view.service], value: read(view) }));
  return [
    familyOf(
      CORE.canaryShare,
      each(({ share }) => share),
    ),
    familyOf(
      CORE.canaryStep,
      each(({ step }) => step),
    ),
    familyOf(
      CORE.canaryPaused,
      each(({ state }) => (state === "paused" ? 1 : 0)),
    ),
    familyOf(
      CORE.canaryStopped,
      each(({ state }) => (state === "stopped" ? 1 : 0)),
    ),
  ];
}
