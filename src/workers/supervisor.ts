import type { Readiness, WorkerView } from "../admin/view.ts";
import type { Logger } from "../observe/logger.ts";
import type { Drain } from "../upstream/drain.ts";
import type { HealthVerdict } from "../upstream/health/sharing.ts";
import { CheckDuty } from "./check-duty.ts";
import type { Answers, PluginReply, PluginRequest, Subject, WorkerSetup } from "./messages.ts";
import { WorkerSlot } from "./slot.ts";

export interface SupervisorOptions {
  readonly count: number;
  readonly program: readonly string[];
  /** Of the first worker; the others differ in their number and the ports. */
  readonly setup: Omit<WorkerSetup, "worker">;
  readonly log: Logger;
  /** Takes each line that a worker logs. */
  write(line: string): void;
}

/** What became of a reload of all workers. */
export interface WorkersReload {
  /** None of them goes by it. */
  readonly isRefused: boolean;
  /** Why some go on with the configuration before, by the worker's number. */
  readonly behind: ReadonlyMap<number, string>;
}

/** For a worker to tell its statistics, in ms. */
const ANSWER_MS = 1_000;
/** For a plugin's endpoint, in ms. */
const PLUGIN_MS = 10_000;

/** All workers of a gateway. */
export class Supervisor {
  readonly #slots: readonly WorkerSlot[];
  readonly #checkDuty = new CheckDuty();
  #setup: Omit<WorkerSetup, "worker">;
  /** Of the latest configuration, which they may have refused: no two have the same. */
  #lastVersion: number;
  #phase: "starting" | "running" | "stopping" = "starting";

  constructor({ count, program, setup, log, write }: SupervisorOptions) {
    this.#setup = setup;
    this.#lastVersion = setup.version;
    this.#slots = Array.from({ length: count }, (_, index) => {
      const worker = index + 1;
      const onServing = () => this.#onServing(worker);
      const onVerdict = (verdict: HealthVerdict) => this.#checkDuty.pass(verdict, worker, this.#slots);
      const setup = () => ({ ...this.#setup, worker });
      return new WorkerSlot({ worker, program, log, write, setup, onServing, onVerdict });
    });
  }

  /**
   * Starts all; resolves when all listen. The first one goes ahead: where port 0 is asked for, the others have to take
   * the port that it was given. Rejects with why one of them does not listen; the others are ended then.
   */
  async start(): Promise<void> {
    const [first, ...others] = this.#slots;
    const ports = (await first?.start()) ?? [];
    const { config } = this.#setup;
    const listen = config.listen.map((one, index) => ({ ...one, port: ports[index] ?? one.port }));
    this.#setup = { ...this.#setup, config: { ...config, listen } };
    await Promise.all(others.map((slot) => slot.start()));
    if (this.#phase === "starting") this.#phase = "running";
  }

  get readiness(): Readiness {
    const serving = this.#slots.filter(({ isServing }) => isServing).length;
    const workers = { serving, configured: this.#slots.length };
    if (this.#phase === "starting") return { isReady: false, reasons: ["the gateway does not listen yet"], workers };
    if (this.#phase === "stopping") return { isReady: false, reasons: ["the gateway is stopping"], workers };
    return { isReady: serving > 0, reasons: serving > 0 ? [] : ["no worker serves"], workers };
  }

  get views(): readonly WorkerView[] {
    return this.#slots.map(({ view }) => view);
  }

  /** What each serving worker answers; one that does not within that many ms, a second unless told, is left out. */
  async gather<S extends Exclude<Subject, "plugin" | "reload" | "drains">>(
    about: S,
    ms = ANSWER_MS,
  ): Promise<readonly Answers[S][]> {
    return [...(await this.gatherByProcess(about, ms)).values()];
  }

  /** The same with a name for each process, which no later one gets. */
  async gatherByProcess<S extends Exclude<Subject, "plugin" | "reload">>(
    about: S,
    ms = ANSWER_MS,
  ): Promise<ReadonlyMap<string, Answers[S]>> {
    const answers = await Promise.all(
      this.#slots.map(async (slot) => [`${slot.worker}/${slot.view.pid}`, await slot.ask({ about }, ms)] as const),
    );
    return new Map(answers.flatMap(([name, answer]) => (answer === undefined ? [] : [[name, answer] as const])));
  }

  /** These targets are drained in all workers, and in those that start later. One that does not answer in a second does it later. */
  async useDrains(drains: readonly Drain[]): Promise<void> {
    this.#setup = { ...this.#setup, drains };
    await Promise.all(this.#slots.map((slot) => slot.ask({ about: "drains", drains }, ANSWER_MS)));
  }

  /** Hands a request to the first worker that serves, or to all; undefined for one that does not answer in 10 s. */
  askPlugin(request: PluginRequest, who: "one" | "all"): Promise<readonly (PluginReply | undefined)[]> {
    const serving = this.#slots.filter(({ isServing }) => isServing);
    const asked = who === "one" ? serving.slice(0, 1) : serving;
    return Promise.all(asked.map((slot) => slot.ask({ about: "plugin", request }, PLUGIN_MS)));
  }

  /**
   * Gives all workers another configuration. It is that of workers that start later, unless each that serves has refused it.
   */
  async reload(setup: Pick<WorkerSetup, "config" | "plugins">): Promise<WorkersReload> {
    const version = ++this.#lastVersion;
    const next = this.#withPorts({ ...setup, version });
    const serving = this.#slots.filter(({ isServing }) => isServing).length;
    const behind = await this.#give(next);
    if (serving > 0 && behind.size === serving) return { isRefused: true, behind };
    // The ports may have become known meanwhile.
    this.#setup = this.#withPorts({ ...setup, version });
    // Those that have come meanwhile have begun with the one before.
    for (const [worker, reason] of await this.#give(this.#setup)) behind.set(worker, reason);
    // Those that check tell what they know of targets that are new to others.
    this.#checkDuty.review(this.#slots);
    return { isRefused: false, behind };
  }

  #withPorts(next: Pick<WorkerSetup, "config" | "plugins" | "version">): SupervisorOptions["setup"] {
    const { listen } = this.#setup.config;
    return { ...this.#setup, ...next, config: { ...next.config, listen } };
  }

  /** A worker serves now, or no more. One that began with an earlier configuration gets the latest. */
  #onServing(worker: number): void {
    this.#checkDuty.review(this.#slots);
    const slot = this.#slots[worker - 1];
    void slot?.reload({ ...this.#setup, worker });
    // They may have changed since it was given its setup.
    void slot?.ask({ about: "drains", drains: this.#setup.drains }, ANSWER_MS);
  }

  async #give(setup: SupervisorOptions["setup"]): Promise<Map<number, string>> {
    const behind = new Map<number, string>();
    await Promise.all(
      this.#slots.map(async (slot) => {
        const reason = await slot.reload({ ...setup, worker: slot.worker });
        if (reason !== undefined) behind.set(slot.worker, reason);
      }),
    );
    return behind;
  }

  /** Resolves when every worker has finished what was in flight and has ended. */
  async drain(): Promise<void> {
    this.#phase = "stopping";
    await Promise.all(this.#slots.map((slot) => slot.drain()));
  }

  /** Ends those that are left at once; answers how many there were. */
  async kill(): Promise<number> {
    this.#phase = "stopping";
    const had = await Promise.all(this.#slots.map((slot) => slot.kill()));
    return had.filter(Boolean).length;
  }
}
