import { checkAdmin } from "./check-admin.ts";
import { checkAlerts } from "./check-alerts.ts";
import { checkExplain } from "./check-explain.ts";
import { checkListen } from "./check-listen.ts";
import { checkOpenApi } from "./check-openapi.ts";
import { checkOverload } from "./check-overload.ts";
import { checkRedis } from "./check-redis.ts";
import { checkRoutes } from "./check-routes.ts";
import { checkServiceNames } from "./check-service-names.ts";
import { checkServices } from "./check-services.ts";
import { checkTelemetry } from "./check-telemetry.ts";
import { checkTimes } from "./check-times.ts";
import type { Draft } from "./draft.ts";
import type { Problem } from "./problem.ts";

/** Checks the parts of a configuration against each other; each of them fits the schema already, or is left out. */
export function checkDraft(draft: Draft): readonly Problem[] {
  return [
    ...checkListen(draft),
    ...checkAdmin(draft),
    ...checkTimes(draft),
    ...checkOverload(draft),
    ...checkExplain(draft),
    ...checkRedis(draft),
    ...checkServices(draft),
    ...checkRoutes(draft),
    ...checkServiceNames(draft),
    ...checkOpenApi(draft),
    ...checkAlerts(draft),
    ...checkTelemetry(draft),
  ];
}
