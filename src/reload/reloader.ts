import type { Loaded, LoadResult } from "../config/load.ts";
import { LATE, within } from "../config/patience.ts";
import { fileProblem, type Problem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { ConfigWatch } from "../config/watch-config.ts";
import type { Logger } from "../observe/logger.ts";
import type { MetricsRegistry } from "../observe/metrics/registry.ts";
import type { Plugin } from "../plugin.ts";
import { type ChangeReport, compare } from "./changes.ts";
import { fitToRunning } from "./fixed.ts";
import { logReload } from "./log-reload.ts";
import { type Prints, printsOf } from "./prints.ts";
import { ReloadMetrics } from "./reload-metrics.ts";
import { type ConfigReport, type ReloadControl, type ReloadReport, type Trigger, withoutExcerpt } from "./report.ts";

/** What became of putting a configuration to work. */
export interface Applied {
  /** partial: some workers go on with the one before; failed: nothing has changed. */
  readonly result: ReloadReport["result"];
  readonly problems: readonly Problem[];
}

export interface ReloaderOptions {
  /** The configuration at work. */
  readonly initial: Loaded<Plugin>;
  readonly log: Logger;
  readonly metrics: MetricsRegistry;
  /** Reads the files again. */
  load(): Promise<LoadResult<Plugin>>;
  /** Puts a configuration to work, of which no more has changed than a running gateway can go by. */
  apply(loaded: Loaded<Plugin>): Promise<Applied>;
}

/** For all files to be read: what hangs, a file system say, must not keep later reloads waiting. */
const LOAD_MS = 60_000;
/** A stop waits no longer for an attempt under way, in ms; nothing of it takes effect any more. */
const STOP_MS = 1_000;

/** Takes over changes of the configuration while the gateway runs, one attempt at a time. */
export class Reloader implements ReloadControl {
  readonly #options: ReloaderOptions;
  readonly #metrics: ReloadMetrics;
  readonly #watch = new ConfigWatch(async () => void (await this.reload("file")));
  #active: Loaded<Plugin>;
  /** As far as it is at work. */
  #config: Config;
  #loadedAt = new Date();
  #needsRestart: readonly string[] = [];
  #lastReload: ReloadReport | undefined = undefined;
  #lastFailure: ReloadReport | undefined = undefined;
  #running: Promise<unknown> | undefined = undefined;
  #waiting: Promise<ReloadReport> | undefined = undefined;
  #isStarted = false;
  #isAsked = false;
  #isStopped = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#active = options.initial;
    this.#config = options.initial.config;
    this.#metrics = new ReloadMetrics(options.metrics, this.#loadedAt);
  }

  /** Takes over what is written now, as soon as the gateway serves. */
  onSignal(): void {
    if (this.#isStarted) void this.reload("signal");
    else this.#isAsked = true;
  }

  /** The gateway serves: its files are watched from now on, if the configuration wants it. */
  start(): void {
    this.#isStarted = true;
    if (this.#isAsked) void this.reload("signal");
    this.#watchFiles(this.#active, this.#config);
  }

  /** Nothing is taken over any more; resolves when an attempt under way has ended, or after a second. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watch.stop();
    await Promise.race([this.#running, Bun.sleep(STOP_MS)]);
  }

  /** Begins after an attempt that is under way, once for all who ask meanwhile. Never rejects. */
  reload(by: Trigger): Promise<ReloadReport> {
    if (this.#waiting !== undefined) return this.#waiting;
    if (this.#running === undefined) return this.#begin(by);
    this.#waiting = this.#running.then(() => {
      this.#waiting = undefined;
      return this.#begin(by);
    });
    return this.#waiting;
  }

  get atWork(): Loaded<Plugin> {
    return this.#active;
  }

  report(): ConfigReport {
    const { shown, files } = this.#active;
    return {
      ...shown,
      files,
      loadedAt: this.#loadedAt.toISOString(),
      needsRestart: this.#needsRestart,
      ...(this.#lastReload === undefined ? {} : { lastReload: this.#lastReload }),
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
    };
  }

  plan(salt: string, prints: Prints): ChangeReport {
    return compare(printsOf(this.#config, salt), prints);
  }

  #begin(by: Trigger): Promise<ReloadReport> {
    const attempt = this.#attempt(by);
    this.#running = attempt;
    void attempt.then(() => {
      if (this.#running === attempt) this.#running = undefined;
    });
    return attempt;
  }

  async #attempt(by: Trigger): Promise<ReloadReport> {
    const startedAt = performance.now();
    const report = await this.#takeOver(by).catch((error: unknown) => {
      const problem = fileProblem(this.#active.files[0] ?? "", error instanceof Error ? error.message : String(error));
      return this.#reportOf(by, { result: "failed", problems: [problem] });
    });
    this.#lastReload = report;
    if (report.result === "failed") this.#lastFailure = report;
    this.#metrics.note(report, this.#loadedAt);
    logReload(this.#options.log, report, performance.now() - startedAt);
    return report;
  }

  async #takeOver(by: Trigger): Promise<ReloadReport> {
    if (this.#isStopped) throw new Error("the gateway is stopping");
    const loaded = await within(this.#options.load(), LOAD_MS);
    if (loaded === LATE) throw new Error(`the files could not be read within ${LOAD_MS / 1_000} s`);
    // Whatever becomes of it, it is not read again before it changes.
    this.#watchFiles(loaded, this.#config);
    if (!loaded.ok) return this.#reportOf(by, { result: "failed", problems: loaded.problems });
    const { config, needsRestart } = fitToRunning(loaded.config, this.#config);
    const applied = await this.#options.apply({ ...loaded, config });
    if (applied.result === "failed") return this.#reportOf(by, applied);
    const salt = crypto.randomUUID();
    const { changes } = compare(printsOf(this.#config, salt), printsOf(config, salt));
    this.#active = loaded;
    this.#config = config;
    this.#needsRestart = needsRestart;
    this.#loadedAt = new Date();
    this.#watchFiles(loaded, config);
    return {
      ...this.#reportOf(by, { ...applied, problems: [...loaded.problems, ...applied.problems] }),
      changes,
      needsRestart,
    };
  }

  #watchFiles({ sources }: Pick<LoadResult<Plugin>, "sources">, { reload }: Config): void {
    if (reload === "watch" && !this.#isStopped) this.#watch.follow(sources);
    else this.#watch.stop();
  }

  #reportOf(by: Trigger, { result, problems }: Applied): ReloadReport {
    const at = new Date().toISOString();
    return { result, by, at, changes: [], needsRestart: [], problems: problems.map(withoutExcerpt) };
  }
}
