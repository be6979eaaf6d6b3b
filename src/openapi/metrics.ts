import { CORE, familyOf } from "../observe/metrics/core.ts";
import type { Family } from "../observe/metrics/family.ts";
import type { OpenApiReport, ServiceDocumentView } from "./view.ts";

/** Of services that have a document somewhere. */
const STATES = ["fresh", "stale", "missing", "waiting"] as const;

/** The metrics of what is published of the services' documents. */
export function documentFamilies({ services, mergedAt, error }: OpenApiReport): readonly Family[] {
  const followed = services.filter(({ state }) => (STATES as readonly string[]).includes(state));
  return [
    familyOf(
      CORE.documentState,
      followed.flatMap(({ service, state }) =>
        STATES.map((one) => ({ labels: [service, one], value: one === state ? 1 : 0 })),
      ),
    ),
    familyOf(
      CORE.documentConfirmed,
      numbers(followed, ({ fetchedAt }) => secondsOf(fetchedAt)),
    ),
    familyOf(
      CORE.documentOperations,
      numbers(services, ({ operations }) => operations),
    ),
    familyOf(CORE.documentsMerged, mergedAt === undefined ? [] : [{ labels: [], value: mergedAt / 1_000 }]),
    familyOf(CORE.documentsFailing, [{ labels: [], value: error === undefined ? 0 : 1 }]),
  ];
}

function numbers(
  services: readonly ServiceDocumentView[],
  numberOf: (view: ServiceDocumentView) => number | undefined,
) {
  return services.flatMap((view) => {
    const value = numberOf(view);
    return value === undefined ? [] : [{ labels: [view.service], value }];
  });
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
