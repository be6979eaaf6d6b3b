import type { RouteView } from "../admin/view.ts";
import { setupProblems } from "../boot.ts";
import type { Loaded } from "../config/load.ts";
import type { Problem } from "../config/problem.ts";
import { Gateway } from "../gateway.ts";
import { createNullLogger } from "../observe/log.ts";
import { MetricsRegistry } from "../observe/metrics/registry.ts";
import type { Plugin } from "../plugin.ts";
import { createState } from "../scope.ts";
import { storeForShow } from "../store/open.ts";
import { createView } from "../view.ts";

/** What is the same in all workers, and need not be asked for. */
export interface Known {
  readonly routes: readonly RouteView[];
  /** Plugins with endpoints of their own. */
  readonly endpoints: ReadonlySet<string>;
  /** Whether there is an OpenAPI document. */
  readonly publishes: boolean;
}

/** Sets all up as a worker does, and closes it again: problems are found with their place before a worker has them. */
export async function tryOut(loaded: Loaded<Plugin>): Promise<Known | readonly Problem[]> {
  const log = createNullLogger();
  const store = storeForShow(loaded.config.redis);
  const lasting = { log, metrics: new MetricsRegistry(log), store, now: Date.now, state: createState() };
  let gateway: Gateway;
  try {
    gateway = await Gateway.create(loaded, lasting);
  } catch (error) {
    return setupProblems(error, loaded);
  }
  const { snapshot } = gateway;
  const ready = () => ({ isReady: true, reasons: [] });
  const routes = createView(
    () => snapshot,
    ready,
    lasting.metrics,
    () => store.report(),
    gateway.incidents,
  ).routes();
  const names = routes.flatMap(({ plugins }) => plugins.map(({ name }) => name));
  const endpoints = new Set(names.filter((name) => snapshot.pluginApps.has(name)));
  await gateway.close();
  const { openapi } = loaded.config;
  return { routes, endpoints, publishes: openapi !== undefined && openapi !== false };
}
