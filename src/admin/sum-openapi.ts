import { sumDrift } from "../openapi/drift.ts";
import type { OpenApiReport } from "../openapi/view.ts";

/** Each worker publishes the same, so what one says of that holds for all; what they see in traffic is summed. */
export function sumOpenApi(reports: readonly (OpenApiReport | undefined)[]): OpenApiReport | undefined {
  const known = reports.filter((report) => report !== undefined);
  const [first] = known;
  return first && { ...first, drift: sumDrift(known.map(({ drift }) => drift)) };
}
