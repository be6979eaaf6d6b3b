import type { CompileInput } from "./compile.ts";
import type { Loaded } from "./config/load.ts";
import { fileProblem, type Problem } from "./config/problem.ts";
import { formatProblem } from "./config/report.ts";
import type { Config } from "./config/schema.ts";
import { Gateway } from "./gateway.ts";
import { createLogger, type RootLogger } from "./observe/log.ts";
import type { ProcessUsage } from "./observe/metrics/usage.ts";
import { createOutput, type LineTap } from "./observe/output.ts";
import { prettyLine } from "./observe/pretty-line.ts";
import { LogTail } from "./observe/tail/log-tail.ts";
import type { Plugin } from "./plugin.ts";
import type { Lasting } from "./scope.ts";
import { SetupError } from "./setup-error.ts";

/** What a running gateway needs of its process. */
export interface RunOptions {
  readonly isTerminal: boolean;
  readonly pid: number;
  /** The words that start the gateway's program; a command follows. */
  readonly program: readonly string[];
  /** What the process uses at the moment. */
  usage(): ProcessUsage;
  /** Calls back at each signal that asks for a stop. */
  onStop(listener: () => void): void;
  /** Calls back at each signal that asks for a reload. */
  onReload(listener: () => void): void;
  /** Calls back when the process ends, whoever ends it. */
  onExit(listener: () => void): void;
  /** Calls back with every error that nobody has caught. */
  onFault(listener: (error: unknown) => void): void;
}

/** A form of log lines. */
export type LogFormat = "json" | "pretty";

export interface ProcessLog {
  readonly log: RootLogger;
  /** Takes a JSON line with its end, of whichever process. */
  write(line: string): void;
  /** For who reads along. */
  readonly tail: LogTail;
}

/** The format that the configuration asks for, or that suits whoever reads along. */
export function logFormat({ log }: Config, isTerminal: boolean): LogFormat {
  return log.format ?? (isTerminal ? "pretty" : "json");
}

type LogOptions = Pick<RunOptions, "onFault" | "onExit">;

/** The log of the process that writes the output. Errors that nobody has caught go there, and what waits at the exit. */
export function openLog(config: Config, format: LogFormat, options: LogOptions): ProcessLog {
  if (format === "json") {
    const tail: LogTail = new LogTail(() => opened.output.tell());
    const opened = jsonLog(config, options, { tap: tail });
    return { log: opened.log, write: opened.output.write, tail };
  }
  const tail = new LogTail();
  const write = (line: string) => {
    tail.push(line);
    opened.output.write(prettyLine(line));
  };
  const opened = jsonLog(config, options, { write });
  return { log: opened.log, write, tail };
}

/** The log of a worker: its parent reads it. */
export function openWorkerLog(config: Config, options: LogOptions): RootLogger {
  return jsonLog(config, options, {}).log;
}

/** What becomes of lines on their way to the output. */
interface Through {
  /** Takes JSON lines instead of the output. */
  write?(line: string): void;
  readonly tap?: LineTap;
}

function jsonLog({ log: { level, redact } }: Config, options: LogOptions, { write, tap }: Through) {
  const output = createOutput({
    onLoss: (lines) => log.warn("log lines were dropped: the reader is too slow", { lines }),
    ...(tap === undefined ? {} : { tap }),
  });
  const to = write === undefined ? { write: output.write, taker: output.taker } : { write };
  const log: RootLogger = createLogger({ level, format: "json", redact, ...to, now: Date.now });
  // A promise that a plugin has forgotten must not end the requests of others.
  options.onFault((error) => log.error("an error that nobody has caught", { error }));
  options.onExit(() => output.flushSync());
  return { log, output };
}

/** The gateway of a valid configuration; texts where plugins refuse their options when they are set up. */
export async function compileLoaded(
  loaded: Loaded<Plugin> & Pick<CompileInput, "isForShow">,
  lasting: Lasting,
): Promise<Gateway | readonly string[]> {
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

/** Why a configuration could not be put to work, with the places of options that plugins have refused. */
export function setupProblems(error: unknown, { files, problemFor }: Loaded<Plugin>): readonly Problem[] {
  const [file = ""] = files;
  if (!(error instanceof SetupError)) {
    return [fileProblem(file, error instanceof Error ? error.message : String(error))];
  }
  return error.faults.map(({ options, message }) => problemFor(options, message) ?? fileProblem(file, message));
}

/** For requests in flight when the gateway stops: of several listeners the longest, in ms. */
export function drainMs(config: Config): number {
  return Math.max(...config.listen.map(({ timeouts }) => timeouts.drain));
}

/** Signals that ask for a stop, one after the other. */
export class Signals {
  #resolve: () => void = () => {};
  #next: Promise<void>;

  constructor(options: Pick<RunOptions, "onStop">) {
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
