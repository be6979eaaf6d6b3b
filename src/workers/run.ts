import { createAdmin } from "../admin/app.ts";
import { CanaryOrders } from "../admin/canary-orders.ts";
import { Drains } from "../admin/drains.ts";
import { type AdminServer, startAdmin } from "../admin/listen.ts";
import { sumListeners, sumServices } from "../admin/sum.ts";
import { sumCanaries } from "../admin/sum-canaries.ts";
import { sumOpenApi } from "../admin/sum-openapi.ts";
import { sumRoutes } from "../admin/sum-routes.ts";
import { sumStores } from "../admin/sum-store.ts";
import type { AdminView } from "../admin/view.ts";
import { Alerts } from "../alerts/alerts.ts";
import { drainMs, type RunOptions, Signals } from "../boot.ts";
import type { Loaded, LoadResult } from "../config/load.ts";
import { formatProblem } from "../config/report.ts";
import type { Config } from "../config/schema.ts";
import { latestOf } from "../explain/explanations.ts";
import { type AtWork, placed } from "../explain/places.ts";
import { followCounts } from "../history/follow.ts";
import { latestErrors } from "../observe/incidents/incidents.ts";
import { sumLimited } from "../observe/incidents/limited.ts";
import type { RootLogger } from "../observe/log.ts";
import type { Logger } from "../observe/logger.ts";
import { MetricsRegistry } from "../observe/metrics/registry.ts";
import { sumFamilies } from "../observe/metrics/sum.ts";
import { MAIN, meterProcess } from "../observe/metrics/usage.ts";
import type { LogTail } from "../observe/tail/log-tail.ts";
import { opened } from "../open-edges.ts";
import { contentFolder, removeFolder } from "../openapi/sharing/content-file.ts";
import type { Plugin } from "../plugin.ts";
import { Reloader } from "../reload/reloader.ts";
import type { ReloadControl } from "../reload/report.ts";
import { hasRedis, openStore } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { MAX_TIMER_MS } from "../timeouts.ts";
import { workerPlugins } from "./plugin-requests.ts";
import { probePorts } from "./probe.ts";
import { applyTo, setupOf } from "./reload.ts";
import { Supervisor } from "./supervisor.ts";
import { type Known, tryOut } from "./trial.ts";

export interface WorkersOptions extends RunOptions {
  /** 2 or more. */
  readonly count: number;
  readonly log: RootLogger;
  /** Takes each line that a worker logs. */
  write(line: string): void;
  /** Of all that is logged. */
  readonly tail: LogTail;
  /** Reads the files of the configuration again. */
  load(): Promise<LoadResult<Plugin>>;
}

/** For the services to send their documents, and for the merge. */
const REFRESH_MS = 60_000;
/** Beyond the drain, in ms: a worker that has not ended by then is ended. */
const DRAIN_MARGIN_MS = 5_000;

/**
 * Runs the gateway with several workers, which serve; this process watches them and has the admin port. A first signal
 * drains all of them; a second one ends them at once.
 *
 * @returns undefined after a stop, else why it could not start
 */
export async function runWorkers(loaded: Loaded<Plugin>, options: WorkersOptions): Promise<string | undefined> {
  const documents = await contentFolder();
  try {
    return await run(loaded, options, documents);
  } finally {
    if (documents !== undefined) await removeFolder(documents);
  }
}

/** @param documents where workers leave what they have made of the services' documents */
async function run(
  loaded: Loaded<Plugin>,
  options: WorkersOptions,
  documents: string | undefined,
): Promise<string | undefined> {
  const { config } = loaded;
  const { log } = options;
  const signals = new Signals(options);
  const stopAsked = signals.next();
  const trialled = await tryOut(loaded);
  if (!("routes" in trialled)) return trialled.map((problem) => formatProblem(problem, false)).join("\n");
  if (documents === undefined && trialled.publishes)
    log.warn("no folder for files: each worker asks for the services' documents by itself");
  const setup = { ...setupOf(loaded), drains: [], orders: [], version: 1, documents };
  const supervisor = new Supervisor({ ...options, setup });
  const current = { known: trialled, config };
  const metrics = new MetricsRegistry(log);
  meterProcess(metrics, MAIN, options.usage);
  // The workers have theirs: this one is for what is decided here.
  const store = hasRedis(config.redis) ? await openStore(config.redis, { now: Date.now, log }) : undefined;
  const common = store?.of("admin");
  const drains = new Drains({ log, apply: (list) => supervisor.useDrains(list), store: common, config });
  const ending = new AbortController();
  const orders = new CanaryOrders({ log, apply: (list) => supervisor.useOrders(list) });
  const apply = async (next: Loaded<Plugin>) => {
    const applied = await applyTo(supervisor, current, log, next);
    if (applied.result !== "failed") await drains.keepTo(next.config);
    return applied;
  };
  const reloader = new Reloader({ initial: loaded, log, metrics, load: options.load, apply });
  options.onReload(() => reloader.onSignal());
  let admin: AdminServer | undefined;
  try {
    probePorts(config.listen);
    await drains.start(ending.signal);
    admin = openAdmin(loaded, {
      supervisor,
      current,
      metrics,
      reloads: reloader,
      drains,
      orders,
      common,
      tail: options.tail,
      log,
    });
    const isUp = await Promise.race([supervisor.start().then(() => true), stopAsked.then(() => false)]);
    if (isUp) log.info("admin listening", { scheme: admin.scheme, host: admin.host, port: admin.port });
  } catch (error) {
    ending.abort();
    await supervisor.kill();
    await admin?.stop();
    await store?.close();
    return error instanceof Error ? error.message : String(error);
  }
  reloader.start();
  await stopAsked;
  await reloader.stop();
  ending.abort();
  log.info("stopping: requests in flight are finished");
  const { "shutdown-delay": delayMs, telemetry } = current.config;
  // A worker sends its spans when it has drained.
  const longestMs = delayMs + drainMs(current.config) + (telemetry?.timeout ?? 0) + DRAIN_MARGIN_MS;
  const deadline = Bun.sleep(Math.min(longestMs, MAX_TIMER_MS)).then(() => "late" as const);
  const again = signals.next().then(() => "again" as const);
  const end = await Promise.race([supervisor.drain(), again, deadline]);
  if (end === "again") log.warn("stopping at once: requests in flight are cut");
  const left = await supervisor.kill();
  if (end === "late") log.error("workers that did not drain in time were ended", { workers: left });
  options.tail.close();
  await admin.stop();
  await store?.close();
  log.info("stopped");
  return undefined;
}

interface AdminParts {
  readonly supervisor: Supervisor;
  readonly current: { readonly known: Known; readonly config: Config };
  /** Of this process. */
  readonly metrics: MetricsRegistry;
  readonly reloads: ReloadControl & { readonly atWork: AtWork };
  readonly drains: Drains;
  readonly orders: CanaryOrders;
  readonly common: Store | undefined;
  readonly tail: LogTail;
  readonly log: Logger;
}

function openAdmin({ config }: Loaded<Plugin>, parts: AdminParts): AdminServer {
  const { host, port, token, tls } = config.admin;
  const { supervisor, current, reloads, drains, orders, common, tail, metrics, log } = parts;
  const plugins = () => workerPlugins(current.known.endpoints, supervisor);
  const view = workersView(parts);
  const { history, sampler, start, stop } = followCounts({ counts: view.counts, now: Date.now, log });
  const alerts = new Alerts({
    view,
    config: () => current.config,
    reloads,
    log,
    metrics,
    store: common,
    now: Date.now,
  });
  void alerts.start();
  sampler.listen((sample) => alerts.onSample(sample));
  const app = createAdmin(view, {
    token,
    host,
    metricsPath: config.metrics.path,
    certificates: tls?.["client-certificates"]?.mode,
    plugins,
    reloads,
    history,
    alerts,
    drains,
    orders,
    tail,
    log,
  });
  const server = opened({ host, port }, () => startAdmin(app, { host, port, tls }, log));
  start();
  return {
    ...server,
    async stop() {
      stop();
      await alerts.close();
      await server.stop();
    },
  };
}

/** The one place where the reports of the workers are gathered and summed. */
function workersView({ supervisor, current, metrics, reloads }: AdminParts): AdminView {
  return {
    readiness: () => supervisor.readiness,
    routes: async () => sumRoutes(current.known.routes, await supervisor.gather("routes")),
    workers: () => supervisor.views,
    services: async () => sumServices(await supervisor.gather("services")),
    listeners: async () => sumListeners(await supervisor.gather("listeners")),
    canaries: async () => sumCanaries(await supervisor.gather("canaries")),
    store: async () => sumStores(await supervisor.gather("store")),
    metrics: async () => sumFamilies(metrics.collect(), await supervisor.metrics()),
    counts: () => supervisor.gatherByProcess("counts"),
    errors: async (limit) => {
      const lists = await supervisor.gather("errors", undefined, { limit });
      return latestErrors(lists.map((errors) => errors.toReversed()));
    },
    limited: async () => sumLimited(await supervisor.gather("limited")),
    explanations: async () => latestOf(await supervisor.gather("explanations")),
    explanation: async (id) => {
      const report = await supervisor.explanation(id);
      return report && placed(report, reloads.atWork);
    },
    openapi: async () => (current.known.publishes ? sumOpenApi(await supervisor.gather("openapi")) : undefined),
    refreshOpenApi: async () =>
      current.known.publishes ? sumOpenApi(await supervisor.refreshDocuments(REFRESH_MS)) : undefined,
  };
}
