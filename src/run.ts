import { SetupError } from "./compile.ts";
import type { Loaded } from "./config/load.ts";
import { formatProblem } from "./config/report.ts";
import type { Config } from "./config/schema.ts";
import { Gateway } from "./gateway.ts";
import { Listeners } from "./listeners.ts";
import { createLogger } from "./observe/log.ts";
import type { Logger } from "./observe/logger.ts";
import { MetricsRegistry } from "./observe/metrics/registry.ts";
import { type ProcessUsage, processFamilies } from "./observe/metrics/usage.ts";
import { createOutput } from "./observe/output.ts";
import type { Plugin } from "./plugin.ts";
import { createState, type Lasting } from "./scope.ts";

export interface RunOptions {
  readonly isTerminal: boolean;
  /** What the process uses at the moment. */
  usage(): ProcessUsage;
  /** Calls back at each signal that asks for a stop. */
  onStop(listener: () => void): void;
  /** Calls back when the process ends, whoever ends it. */
  onExit(listener: () => void): void;
  /** Calls back with every error that nobody has caught. */
  onFault(listener: (error: unknown) => void): void;
}

/**
 * Runs the gateway of a valid configuration until it is stopped. A first signal drains: requests in flight are
 * finished; a second one ends at once.
 *
 * @returns undefined after a stop, else why it could not start
 */
export async function runGateway(loaded: Loaded<Plugin>, options: RunOptions): Promise<string | undefined> {
  const { config } = loaded;
  const output = createOutput({
    onLoss: (lines) => log.warn("log lines were dropped: the reader is too slow", { lines }),
  });
  const log = createLogger({
    level: config.log.level,
    format: config.log.format ?? (options.isTerminal ? "pretty" : "json"),
    redact: config.log.redact,
    write: output.write,
    now: Date.now,
  });
  // A promise that a plugin has forgotten must not end the requests of others.
  options.onFault((error) => log.error("an error that nobody has caught", { error }));
  options.onExit(() => output.flushSync());
  return serve(loaded, options, log);
}

async function serve(loaded: Loaded<Plugin>, options: RunOptions, log: Logger): Promise<string | undefined> {
  const metrics = new MetricsRegistry(log);
  metrics.addCollector(() => processFamilies(options.usage()));
  const lasting: Lasting = { log, metrics, now: Date.now, state: createState() };
  const gateway = await compileLoaded(loaded, lasting);
  if (!(gateway instanceof Gateway)) return gateway.join("\n");
  const listeners = new Listeners();
  try {
    listeners.open(gateway, log, metrics);
  } catch (error) {
    await listeners.close(0);
    await gateway.close();
    return error instanceof Error ? error.message : String(error);
  }
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

/** The gateway of a valid configuration; texts where plugins refuse their options when they are set up. */
export async function compileLoaded(loaded: Loaded<Plugin>, lasting: Lasting): Promise<Gateway | readonly string[]> {
  try {
    return await Gateway.create(loaded, lasting);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return error.faults.map(({ options, message }) => {
      const problem = loaded.problemFor(options, message);
      return problem === undefined ? message : formatProblem(problem, false);
    });
  }
}

function drainMs(config: Config): number {
  return Math.max(...config.listen.map(({ timeouts }) => timeouts.drain));
}

/** Signals that ask for a stop, one after the other. */
class Signals {
  #resolve: () => void = () => {};
  #next: Promise<void>;

  constructor(options: RunOptions) {
    this.#next = this.#wait();
    options.onStop(() => {
      const resolve = this.#resolve;
      this.#next = this.#wait();
      resolve();
    });
  }

  next(): Promise<void> {
    return this.#next;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}
