import { compileLoaded, drainMs, logFormat, onReloadAsked, openLog, type RunOptions, Signals } from "./boot.ts";
import type { Loaded } from "./config/load.ts";
import { Gateway } from "./gateway.ts";
import { Listeners } from "./listeners.ts";
import type { Logger } from "./observe/logger.ts";
import { MetricsRegistry } from "./observe/metrics/registry.ts";
import { processFamilies } from "./observe/metrics/usage.ts";
import type { Plugin } from "./plugin.ts";
import { createState, type Lasting } from "./scope.ts";
import { storeFamilies } from "./store/metrics.ts";
import { openStore } from "./store/open.ts";
import { workerCount } from "./workers/count.ts";
import { runWorkers } from "./workers/run.ts";

/**
 * Runs the gateway of a valid configuration until it is stopped, in this process alone or with workers. A first signal
 * drains: requests in flight are finished; a second one ends at once.
 *
 * @returns undefined after a stop, else why it could not start
 */
export async function runGateway(loaded: Loaded<Plugin>, options: RunOptions): Promise<string | undefined> {
  const { config } = loaded;
  const format = logFormat(config, options.isTerminal);
  const { log, output } = openLog(config, format, options);
  const count = workerCount(config);
  if (count === 1) return serve(loaded, options, log);
  return runWorkers(loaded, { ...options, count, format, log, write: output.write });
}

async function serve(loaded: Loaded<Plugin>, options: RunOptions, log: Logger): Promise<string | undefined> {
  const metrics = new MetricsRegistry(log);
  metrics.addCollector(() => processFamilies(options.usage()));
  const store = await openStore(loaded.config.redis, { now: Date.now, log });
  metrics.addCollector(() => storeFamilies(store.report()));
  const lasting: Lasting = { log, metrics, store, now: Date.now, state: createState() };
  try {
    return await serveWith(loaded, options, lasting);
  } finally {
    await store.close();
  }
}

async function serveWith(loaded: Loaded<Plugin>, options: RunOptions, lasting: Lasting): Promise<string | undefined> {
  const { log } = lasting;
  const gateway = await compileLoaded(loaded, lasting);
  if (!(gateway instanceof Gateway)) return gateway.join("\n");
  const listeners = new Listeners();
  gateway.watchOverload(() => options.usage().residentBytes);
  await gateway.start();
  try {
    listeners.open(gateway, lasting);
    listeners.openAdmin(gateway, lasting, options.pid);
  } catch (error) {
    await listeners.close(0);
    await gateway.close();
    return error instanceof Error ? error.message : String(error);
  }
  options.onReload(() => onReloadAsked(log));
  const signals = new Signals(options);
  await signals.next();
  log.info("stopping: requests in flight are finished");
  const drained = listeners.close(drainMs(loaded.config), loaded.config["shutdown-delay"]).then(() => true);
  const isDrained = await Promise.race([drained, signals.next().then(() => false)]);
  if (!isDrained) log.warn("stopping at once: requests in flight are cut");
  await gateway.close();
  log.info("stopped");
  return undefined;
}
