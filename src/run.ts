import { CanaryOrders } from "./admin/canary-orders.ts";
import { Drains } from "./admin/drains.ts";
import { compileLoaded, drainMs, logFormat, openLog, type RunOptions, Signals, setupProblems } from "./boot.ts";
import type { Loaded, LoadResult } from "./config/load.ts";
import { workerCount } from "./config/worker-count.ts";
import { Gateway } from "./gateway.ts";
import { Listeners } from "./listeners.ts";
import type { RootLogger } from "./observe/log.ts";
import { MetricsRegistry } from "./observe/metrics/registry.ts";
import { dutyFamilies, MAIN, meterProcess } from "./observe/metrics/usage.ts";
import type { LogTail } from "./observe/tail/log-tail.ts";
import type { Plugin } from "./plugin.ts";
import { type Applied, Reloader } from "./reload/reloader.ts";
import { createState, type Lasting } from "./scope.ts";
import { storeFamilies } from "./store/metrics.ts";
import { hasRedis, openStore } from "./store/open.ts";
import { type Running, takeOver } from "./take-over.ts";
import { runWorkers } from "./workers/run.ts";

const AT_ONCE = "stopping at once: requests in flight are cut";
/** For plugins to close, and spans to be sent, where somebody does not want to wait for the requests either; in ms. */
const AT_ONCE_MS = 1_000;

/** How a gateway is run. */
export interface GatewayOptions extends RunOptions {
  /** Reads the files of the configuration again. */
  load(): Promise<LoadResult<Plugin>>;
}

/**
 * Runs the gateway of a valid configuration until it is stopped, in this process alone or with workers. A first signal
 * drains: requests in flight are finished; a second one ends at once.
 *
 * @returns undefined after a stop, else why it could not start
 */
export async function runGateway(loaded: Loaded<Plugin>, options: GatewayOptions): Promise<string | undefined> {
  const { config } = loaded;
  const format = logFormat(config, options.isTerminal);
  const { log, write, tail } = openLog(config, format, options);
  const count = workerCount(config);
  if (count === 1) return serve(loaded, options, log, tail);
  return runWorkers(loaded, { ...options, count, log, write, tail });
}

async function serve(
  loaded: Loaded<Plugin>,
  options: GatewayOptions,
  log: RootLogger,
  tail: LogTail,
): Promise<string | undefined> {
  const metrics = new MetricsRegistry(log);
  meterProcess(metrics, MAIN, options.usage);
  const store = await openStore(loaded.config.redis, { now: Date.now, log });
  metrics.addCollector(() => storeFamilies(store.report()));
  const lasting: Lasting = { log, metrics, store, now: Date.now, state: createState() };
  try {
    return await serveWith(loaded, options, lasting, log, tail);
  } finally {
    await store.close();
  }
}

async function serveWith(
  loaded: Loaded<Plugin>,
  options: GatewayOptions,
  lasting: Lasting,
  log: RootLogger,
  tail: LogTail,
): Promise<string | undefined> {
  const { metrics } = lasting;
  const gateway = await compileLoaded(loaded, lasting);
  if (!(gateway instanceof Gateway)) return gateway.join("\n");
  const listeners = new Listeners(gateway, lasting);
  gateway.watchOverload(() => options.usage().residentBytes);
  await gateway.start();
  const common = hasRedis(loaded.config.redis) ? lasting.store.of("admin") : undefined;
  const drains = new Drains({
    log,
    apply: (list) => gateway.useDrains(list),
    store: common,
    config: loaded.config,
  });
  const ending = new AbortController();
  await drains.start(ending.signal);
  const orders = new CanaryOrders({ log, apply: (list) => gateway.orderCanaries(list) });
  const apply = (next: Loaded<Plugin>) => applyTo({ gateway, listeners, log }, drains, next);
  const reloader = new Reloader({ initial: loaded, log, metrics, load: options.load, apply });
  options.onReload(() => reloader.onSignal());
  try {
    listeners.open();
    metrics.addCollector(() => dutyFamilies(MAIN, { inFlight: gateway.inFlight, listeners: listeners.views() }));
    listeners.openAdmin({ pid: options.pid, reloads: reloader, drains, orders, common, tail });
  } catch (error) {
    await listeners.close(0);
    await gateway.close();
    return error instanceof Error ? error.message : String(error);
  }
  reloader.start();
  const signals = new Signals(options);
  await signals.next();
  log.info("stopping: requests in flight are finished");
  await reloader.stop();
  ending.abort();
  const { config } = gateway.snapshot;
  const drained = listeners.close(drainMs(config), config["shutdown-delay"]).then(() => true);
  const isDrained = await Promise.race([drained, signals.next().then(() => false)]);
  if (!isDrained) log.warn(AT_ONCE);
  // Spans may wait for a collector that does not answer.
  const enough = isDrained ? signals.next().then(() => log.warn(AT_ONCE)) : Bun.sleep(AT_ONCE_MS);
  await Promise.race([gateway.close(), enough]);
  log.info("stopped");
  return undefined;
}

async function applyTo(running: Running, drains: Drains, next: Loaded<Plugin>): Promise<Applied> {
  try {
    await takeOver(running, next);
    await drains.keepTo(next.config);
    return { result: "applied", problems: [] };
  } catch (error) {
    return { result: "failed", problems: setupProblems(error, next) };
  }
}
