import { SetupError } from "./compile.ts";
import type { Loaded } from "./config/load.ts";
import { formatProblem } from "./config/report.ts";
import type { Config } from "./config/schema.ts";
import type { Edge } from "./edge/edge.ts";
import { listenWire } from "./edge/wire.ts";
import { Gateway } from "./gateway.ts";
import { createLogger, type Logger } from "./observe/log.ts";
import { createOutput } from "./observe/output.ts";
import type { Plugin } from "./plugin.ts";
import { createState, type Lasting } from "./scope.ts";

export interface RunOptions {
  readonly isTerminal: boolean;
  /** Calls back at each signal that asks for a stop. */
  onStop(listener: () => void): void;
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
  try {
    return await serve(loaded, options, log);
  } finally {
    output.flushSync();
  }
}

async function serve(loaded: Loaded<Plugin>, options: RunOptions, log: Logger): Promise<string | undefined> {
  const lasting: Lasting = {
    log,
    now: Date.now,
    state: createState(),
    adminOf: () => {
      throw new Error("x");
    },
  };
  const gateway = await createGateway(loaded, lasting);
  if (typeof gateway === "string") return gateway;
  const edges: Edge[] = [];
  try {
    for (const listen of loaded.config.listen) {
      edges.push(listenWire(listen, gateway));
    }
  } catch (error) {
    await stopEdges(edges, 0);
    await gateway.close();
    return `cannot listen: ${error instanceof Error ? error.message : error}`;
  }
  for (const edge of edges) log.info("listening", { host: edge.host, port: edge.port });
  await stopRequest(options);
  log.info("stopping");
  await stopEdges(edges, drainMs(loaded.config));
  await gateway.close();
  log.info("stopped");
  return undefined;
}

async function createGateway(loaded: Loaded<Plugin>, lasting: Lasting): Promise<Gateway | string> {
  try {
    return await Gateway.create(loaded, lasting);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    const problem = loaded.problemFor(error.options, error.message);
    return problem === undefined ? error.message : formatProblem(problem, false);
  }
}

function stopRequest(options: RunOptions): Promise<void> {
  return new Promise((resolve) => options.onStop(resolve));
}

async function stopEdges(edges: readonly Edge[], ms: number): Promise<void> {
  await Promise.all(edges.map((edge) => edge.stop(ms)));
}

function drainMs(config: Config): number {
  return Math.max(...config.listen.map(({ timeouts }) => timeouts.drain));
}
