import { createAdmin } from "../admin/app.ts";
import { type AdminServer, startAdmin } from "../admin/listen.ts";
import { sumListeners, sumServices } from "../admin/sum.ts";
import { sumRoutes } from "../admin/sum-routes.ts";
import { sumStores } from "../admin/sum-store.ts";
import type { AdminView, RouteView } from "../admin/view.ts";
import { compileLoaded, drainMs, type LogFormat, type RunOptions, Signals } from "../boot.ts";
import type { Loaded } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { Gateway } from "../gateway.ts";
import { opened } from "../listeners.ts";
import { createNullLogger } from "../observe/log.ts";
import type { Logger } from "../observe/logger.ts";
import { MetricsRegistry } from "../observe/metrics/registry.ts";
import { sumFamilies } from "../observe/metrics/sum.ts";
import type { Plugin } from "../plugin.ts";
import { pluginFile } from "../registry/registry.ts";
import { createState } from "../scope.ts";
import { MemoryBackend } from "../store/memory.ts";
import { shareStore } from "../store/shared.ts";
import { MAX_TIMER_MS } from "../timeouts.ts";
import { createView } from "../view.ts";
import type { WorkerSetup } from "./messages.ts";
import { workerPlugins } from "./plugin-requests.ts";
import { probePorts } from "./probe.ts";
import { Supervisor } from "./supervisor.ts";

export interface WorkersOptions extends RunOptions {
  /** 2 or more. */
  readonly count: number;
  readonly format: LogFormat;
  readonly log: Logger;
  /** Takes each line that a worker logs. */
  write(line: string): void;
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
  const { config } = loaded;
  const { log } = options;
  const signals = new Signals(options);
  const stopAsked = signals.next();
  const known = await trial(loaded);
  if (typeof known === "string") return known;
  const supervisor = new Supervisor({ ...options, setup: setupOf(loaded, options.format) });
  options.onReload(() => supervisor.reload());
  let admin: AdminServer | undefined;
  try {
    probePorts(config.listen);
    admin = openAdmin(loaded, known, supervisor, log);
    const isUp = await Promise.race([supervisor.start().then(() => true), stopAsked.then(() => false)]);
    if (isUp) log.info("admin listening", { host: admin.host, port: admin.port });
  } catch (error) {
    await supervisor.kill();
    await admin?.stop();
    return error instanceof Error ? error.message : String(error);
  }
  await stopAsked;
  log.info("stopping: requests in flight are finished");
  const longestMs = config["shutdown-delay"] + drainMs(config) + DRAIN_MARGIN_MS;
  const deadline = Bun.sleep(Math.min(longestMs, MAX_TIMER_MS)).then(() => "late" as const);
  const again = signals.next().then(() => "again" as const);
  const end = await Promise.race([supervisor.drain(), again, deadline]);
  if (end === "again") log.warn("stopping at once: requests in flight are cut");
  const left = await supervisor.kill();
  if (end === "late") log.error("workers that did not drain in time were ended", { workers: left });
  await admin.stop();
  log.info("stopped");
  return undefined;
}

/** What is the same in all workers, and need not be asked for. */
interface Known {
  readonly routes: readonly RouteView[];
  /** Plugins with endpoints of their own. */
  readonly endpoints: ReadonlySet<string>;
}

/** Sets all up as a worker does, and closes it again: problems are found with their place before one is started. */
async function trial(loaded: Loaded<Plugin>): Promise<Known | string> {
  const log = createNullLogger();
  const store = shareStore(new MemoryBackend({ now: Date.now }), "");
  const lasting = { log, metrics: new MetricsRegistry(log), store, now: Date.now, state: createState() };
  const gateway = await compileLoaded(loaded, lasting);
  if (!(gateway instanceof Gateway)) return gateway.join("\n");
  const { snapshot } = gateway;
  const ready = () => ({ isReady: true, reasons: [] });
  const routes = createView(
    () => snapshot,
    ready,
    () => [],
    () => store.report(),
  ).routes();
  const names = routes.flatMap(({ plugins }) => plugins.map(({ name }) => name));
  const endpoints = new Set(names.filter((name) => snapshot.pluginApps.has(name)));
  await gateway.close();
  return { routes, endpoints };
}

function setupOf({ config, plugins, directory }: Loaded<Plugin>, format: LogFormat): Omit<WorkerSetup, "worker"> {
  const files = [...plugins].map(([key, plugin]) => {
    const file = pluginFile(plugin);
    if (file === undefined) throw new Error(`the plugin ${key} has no file`);
    return [key, file] as const;
  });
  return { config, plugins: files, directory, format };
}

function openAdmin({ config }: Loaded<Plugin>, known: Known, supervisor: Supervisor, log: Logger): AdminServer {
  const { host, port, token } = config.admin;
  const plugins = workerPlugins(known.endpoints, supervisor);
  const app = createAdmin(workersView(known.routes, supervisor, config), { token, host, plugins: () => plugins, log });
  return opened({ host, port }, () => startAdmin(app, { host, port }));
}

/** The one place where the reports of the workers are gathered and summed. */
function workersView(routes: readonly RouteView[], supervisor: Supervisor, { openapi }: Config): AdminView {
  const publishes = openapi !== undefined && openapi !== false;
  return {
    readiness: () => supervisor.readiness,
    routes: async () => sumRoutes(routes, await supervisor.gather("routes")),
    workers: () => supervisor.views,
    services: async () => sumServices(await supervisor.gather("services")),
    listeners: async () => sumListeners(await supervisor.gather("listeners")),
    store: async () => sumStores(await supervisor.gather("store")),
    metrics: async () => sumFamilies(...(await supervisor.gather("metrics"))),
    // Each worker publishes the same: what one of them says holds for all.
    openapi: async () => (publishes ? (await supervisor.gather("openapi"))[0] : undefined),
    refreshOpenApi: async () => (publishes ? (await supervisor.gather("refreshOpenApi", REFRESH_MS))[0] : undefined),
  };
}
