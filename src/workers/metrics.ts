import type { WorkerView } from "../admin/view.ts";
import { CORE, familyOf } from "../observe/metrics/core.ts";
import type { Family } from "../observe/metrics/family.ts";

/** What the parent knows of its workers, as metrics. */
export function workerFamilies(views: readonly WorkerView[]): readonly Family[] {
  const isUp = ({ state, isSilent }: WorkerView) => state === "running" && isSilent !== true;
  const each = (read: (view: WorkerView) => number) =>
    views.map((view) => ({ labels: [String(view.worker)], value: read(view) }));
  return [
    familyOf(
      CORE.workerUp,
      each((view) => (isUp(view) ? 1 : 0)),
    ),
    familyOf(
      CORE.workerRestarts,
      each(({ restarts }) => restarts),
    ),
  ];
}
