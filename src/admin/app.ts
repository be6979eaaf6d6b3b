import { type AnyElysia, Elysia } from "elysia";
import { GatewayError } from "../errors.ts";
import type { History } from "../history/history.ts";
import { KEY_SEED, randomSeed } from "../identity/api-key/key-text.ts";
import type { Logger } from "../observe/logger.ts";
import type { LogTail } from "../observe/tail/log-tail.ts";
import type { OpenApiReport } from "../openapi/view.ts";
import type { ReloadControl } from "../reload/report.ts";
import { type AlertControl, addAlerts } from "./alerts.ts";
import { Audit, addAudit } from "./audit.ts";
import { addCanaries } from "./canaries.ts";
import type { CanaryOrders } from "./canary-orders.ts";
import { addDashboard, createDashboard } from "./dashboard/serve.ts";
import { addDrain } from "./drain.ts";
import type { Drains } from "./drains.ts";
import type { Endpoint } from "./endpoints.ts";
import { createGuard, type GuardOptions } from "./guard.ts";
import { addHistory } from "./history.ts";
import { addIncidents } from "./incidents.ts";
import { json } from "./json.ts";
import { addLog } from "./log.ts";
import { metricsResponse } from "./metrics.ts";
import type { PluginApps } from "./plugin-apps.ts";
import { errorHandler, problemResponse } from "./problem.ts";
import { addReloads } from "./reloads.ts";
import { openApiReport, pluginReports, serviceReport, storeReport } from "./reports.ts";
import type { AdminFetch } from "./requests.ts";
import { secured } from "./secure.ts";
import { silentWorkers } from "./silent-workers.ts";
import type { AdminView } from "./view.ts";

export interface AdminOptions {
  /** Needed for everything but /health; empty means none. */
  readonly token?: string | undefined;
  /** As configured: without a token it is answered to, beside the local names. */
  readonly host?: string | undefined;
  /** Whether clients are asked for certificates; left out if they are not. */
  readonly certificates?: GuardOptions["certificates"];
  /** Where the metrics are; /metrics unless told. */
  readonly metricsPath?: string;
  /** Those of the configuration at work, asked for at each request. */
  plugins(): Pick<PluginApps, "has" | "handle">;
  /** Left out where nothing can be reloaded. */
  readonly reloads?: ReloadControl | undefined;
  /** Left out where none is kept. */
  readonly history?: History | undefined;
  /** Left out where nobody watches. */
  readonly alerts?: AlertControl | undefined;
  readonly drains: Drains;
  readonly orders: CanaryOrders;
  /** Of the log that this process writes. */
  readonly tail: LogTail;
  readonly log: Logger;
}

/** The admin endpoints behind their guard. */
export interface AdminApp extends AdminFetch {
  readonly routes: readonly Endpoint[];
}

/** Anyone may ask these, and for the files of the dashboard: whoever starts and watches the gateway has no token. */
const OPEN_PATHS = ["/health/live", "/health/ready"];

/** The gateway's own endpoints. Every answer but the metrics and the page is JSON, errors are problem details, nothing may be cached. */
export function createAdmin(view: AdminView, options: AdminOptions): AdminApp {
  const { metricsPath = "/metrics", plugins, reloads, history, alerts, drains, orders, tail, log } = options;
  const dashboard = createDashboard();
  const audit = new Audit(log);
  const app: AnyElysia = new Elysia()
    .onError(errorHandler(log, () => app.routes))
    .get("/health/live", () => json({ status: "live" }))
    .get("/health/ready", () => readiness(view))
    .get(metricsPath, async ({ request }) => metricsResponse(await view.metrics(), request.headers.get("accept")))
    .get("/api/routes", async () => json({ routes: await view.routes() }))
    .get("/api/services", async () => {
      const services = (await view.services()).map(serviceReport);
      return json({ services, ...silentWorkers(view) });
    })
    .get("/api/listeners", async () => {
      const listeners = await view.listeners();
      return json({ listeners, ...silentWorkers(view) });
    })
    .get("/api/explanations", async () => json({ explanations: await view.explanations() }))
    .get("/api/explanations/:id", async ({ params }) => explanation(await view.explanation(params.id)))
    .get("/api/workers", () => json({ workers: view.workers() }))
    .get("/api/store", async () => {
      const store = storeReport(await view.store());
      return json({ ...store, ...silentWorkers(view) });
    })
    .get("/api/openapi/report", async () => openApi(await view.openapi()))
    .post("/api/openapi/refresh", async () => openApi(await view.refreshOpenApi()))
    .get("/api/plugins", async () => json({ plugins: pluginReports(await view.routes(), plugins().has) }))
    .all("/api/revocations", ({ request }) => plugins().handle("jwt", "/revocations", request), { parse: "none" })
    .delete("/api/cache", ({ request }) => plugins().handle("cache", "/cache", request), { parse: "none" })
    .get("/api/usage", ({ request }) => plugins().handle("quota", "/usage", request))
    .all("/api/keys", ({ request }) => plugins().handle("api-key", "/keys", seeded(request)), { parse: "none" })
    .all("/api/keys/*", ({ params, request }) => plugins().handle("api-key", `/keys/${params["*"]}`, seeded(request)), {
      parse: "none",
    })
    .all("/api/plugins/:name", ({ params, request }) => plugins().handle(params.name, "/", request), { parse: "none" })
    .all("/api/plugins/:name/*", ({ params, request }) => plugins().handle(params.name, `/${params["*"]}`, request), {
      parse: "none",
    });
  addDashboard(app, dashboard);
  if (history !== undefined) addHistory(app, history);
  if (alerts !== undefined) addAlerts(app, alerts);
  addIncidents(app, view);
  addLog(app, tail);
  addDrain(app, view, drains);
  addCanaries(app, view, orders);
  addAudit(app, audit);
  if (reloads !== undefined) addReloads(app, reloads);
  const guard = createGuard({ ...options, onWrongToken: (client, isBlocked) => logWrongToken(log, client, isBlocked) });
  const { fetch } = secured(app, { guard, audit, isOpen: (path) => OPEN_PATHS.includes(path) || dashboard.owns(path) });
  return { fetch, routes: app.routes };
}

/** An address is told of as often as it may send tokens: that is bounded. */
function logWrongToken(log: Logger, client: string, isBlocked: boolean): void {
  log.warn("a wrong admin token was refused", { client });
  if (isBlocked) log.warn("too many wrong admin tokens: the address has to wait", { client });
}

function readiness(view: AdminView): Response {
  // Plugins decide what becomes of requests without the store: the gateway serves on, and balancers must not take it out.
  const { isReady, reasons, workers, store } = view.readiness();
  const status = isReady ? "ready" : "not ready";
  return isReady ? json({ status, workers, store }) : json({ status, reasons, workers, store }, 503);
}

function explanation(report: unknown): Response {
  if (report !== undefined) return json(report);
  const detail = "There is no such explanation: it was too long ago, or its request has not come to this gateway";
  return problemResponse(new GatewayError("route_not_found", { detail }));
}

function openApi(report: OpenApiReport | undefined): Response {
  if (report !== undefined) return json(openApiReport(report));
  const detail = "The configuration has no openapi section: nothing is published";
  return problemResponse(new GatewayError("route_not_found", { detail }));
}

/** What workers make of one seed is one key. A seed that the client chose counts for nothing. */
function seeded(request: Request): Request {
  const copy = new Request(request);
  copy.headers.set(KEY_SEED, randomSeed());
  return copy;
}
