import type { Readiness, WorkerView } from "../admin/view.ts";
import { workerCount } from "../config/worker-count.ts";
import type { LiveReport } from "../explain/live-report.ts";
import type { Logger } from "../observe/logger.ts";
import type { Family } from "../observe/metrics/family.ts";
import { sumFamilies } from "../observe/metrics/sum.ts";
import type { Handed } from "../openapi/sharing/state.ts";
import type { OpenApiReport } from "../openapi/view.ts";
import type { OrderedRun } from "../traffic/canary-record.ts";
import type { Drain } from "../upstream/drain.ts";
import type { HealthVerdict } from "../upstream/health/sharing.ts";
import { CheckDuty } from "./check-duty.ts";
import { WorkerCounters } from "./counters.ts";
import { DocumentDuty } from "./document-duty.ts";
import { explanationFrom, type Gathered, gatherFrom, metricsFrom, pluginRepliesFrom } from "./gather.ts";
import type { Answers, PluginReply, PluginRequest, Question, WorkerSetup } from "./messages.ts";
import { workerFamilies } from "./metrics.ts";
import { SharedPorts } from "./ports.ts";
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

/** All workers of a gateway. */
export class Supervisor {
  readonly #options: Pick<SupervisorOptions, "program" | "log" | "write">;
  readonly #checkDuty = new CheckDuty();
  readonly #documentDuty: DocumentDuty;
  readonly #counters = new WorkerCounters();
  readonly #started = Promise.withResolvers<void>();
  /** No longer wanted, until they have drained. */
  readonly #leaving = new Map<WorkerSlot, Promise<void>>();
  /** Those that do not listen any more, while all stop. */
  readonly #shut = new Set<WorkerSlot>();
  #slots: readonly WorkerSlot[];
  #ports: SharedPorts;
  #setup: Omit<WorkerSetup, "worker">;
  /** Of the latest configuration, which they may have refused: no two have the same. */
  #lastVersion: number;
  #phase: "starting" | "running" | "stopping" = "starting";

  constructor({ count, program, setup, log, write }: SupervisorOptions) {
    this.#options = { program, log, write };
    this.#setup = setup;
    this.#documentDuty = new DocumentDuty(setup.documents);
    this.#ports = new SharedPorts(setup.config.listen);
    this.#lastVersion = setup.version;
    this.#slots = Array.from({ length: count }, (_, index) => this.#slot(index + 1));
  }

  #slot(worker: number): WorkerSlot {
    const onServing = () => this.#onServing(slot);
    const onVerdict = (verdict: HealthVerdict) => this.#checkDuty.pass(verdict, worker, this.#slots);
    const onDocuments = (handed: Handed) => this.#documentDuty.pass(handed, worker, this.#slots);
    const onShut = () => this.#onShut(slot);
    const setup = () => ({ ...this.#setup, worker });
    const slot = new WorkerSlot({ ...this.#options, worker, setup, onServing, onVerdict, onDocuments, onShut });
    return slot;
  }

  /**
   * Starts all; resolves when all listen. The first one goes ahead: where port 0 is asked for, the others have to take
   * the port that it was given. Rejects with why one of them does not listen; the others are ended then.
   */
  async start(): Promise<void> {
    const [first, ...others] = this.#slots;
    this.#ports.learn((await first?.start()) ?? []);
    this.#setup = { ...this.#setup, config: { ...this.#setup.config, listen: this.#ports.listen } };
    await Promise.all(others.map((slot) => slot.start()));
    if (this.#phase === "starting") this.#phase = "running";
    this.#started.resolve();
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
  async gather<S extends Gathered>(
    about: S,
    ms?: number,
    more?: Pick<Question, "limit">,
  ): Promise<readonly Answers[S][]> {
    return [...(await this.gatherByProcess(about, ms, more)).values()];
  }

  /** The same with a name for each process, which no later one gets. */
  gatherByProcess<S extends Gathered>(
    about: S,
    ms?: number,
    more?: Pick<Question, "limit">,
  ): Promise<ReadonlyMap<string, Answers[S]>> {
    return gatherFrom(this.#slots, about, ms, more);
  }

  /**
   * These targets are drained in all workers, and in those that start later. Resolves when all go by it; one that does not answer in a
   * second finds it waiting.
   */
  async useDrains(drains: readonly Drain[]): Promise<void> {
    this.#setup = { ...this.#setup, drains };
    for (const slot of this.#slots) slot.tell({ kind: "drains", drains });
    // Messages arrive in their order: who answers this has read that.
    await this.gather("listeners");
  }

  /** Lets the services be asked for their documents now: the reports of all workers when those have what has come of it. */
  async refreshDocuments(ms: number): Promise<readonly (OpenApiReport | undefined)[]> {
    const { holder } = this.#documentDuty;
    const question = { about: "refreshOpenApi" } as const;
    const first = await holder?.ask(question, ms);
    const others = this.#slots.filter((slot) => slot !== holder);
    return [first, ...(await Promise.all(others.map((slot) => slot.ask(question, ms))))];
  }

  /** The same of what operators have decided about canaries. */
  async useOrders(orders: readonly OrderedRun[]): Promise<void> {
    this.#setup = { ...this.#setup, orders };
    for (const slot of this.#slots) slot.tell({ kind: "orders", orders });
    await this.gather("listeners");
  }

  /** What the worker that has it knows of a request that was followed. */
  explanation(id: string): Promise<LiveReport | undefined> {
    return explanationFrom(this.#slots, id);
  }

  /**
   * What all workers tell together, and what is known of them. What was counted by one that does not answer, or has ended,
   * stays in the sum.
   */
  async metrics(): Promise<readonly Family[]> {
    const told = await metricsFrom(this.#slots);
    return sumFamilies(this.#counters.sum(told), workerFamilies(this.views));
  }

  /** Hands a request to the first worker that serves, or to all; undefined for one that does not answer in 10 s. */
  askPlugin(request: PluginRequest, who: "one" | "all"): Promise<readonly (PluginReply | undefined)[]> {
    return pluginRepliesFrom(this.#slots, request, who);
  }

  /**
   * Gives all workers another configuration, as soon as all have started. It is that of workers that start later, unless each
   * that serves has refused it; there are as many then as it says. Throws an Error with a text for people if a port cannot be had.
   */
  async reload({ config, plugins }: Pick<WorkerSetup, "config" | "plugins">): Promise<WorkersReload> {
    await this.#started.promise;
    const ports = this.#ports.next(config.listen);
    const version = ++this.#lastVersion;
    const next = { ...this.#setup, config: { ...config, listen: ports.listen }, plugins, version };
    const serving = this.#slots.filter(({ isServing }) => isServing).length;
    const behind = await this.#give(next);
    if (serving > 0 && behind.size === serving) return { isRefused: true, behind };
    // Drains may have changed meanwhile.
    this.#setup = { ...this.#setup, config: next.config, plugins, version };
    this.#ports = ports;
    // Those that have come meanwhile have begun with the one before.
    for (const [worker, reason] of await this.#give(this.#setup)) behind.set(worker, reason);
    for (const [worker, reason] of await this.#resize(workerCount(config))) behind.set(worker, reason);
    // Those that check tell what they know of targets that are new to others.
    this.#checkDuty.review(this.#slots);
    return { isRefused: false, behind };
  }

  /** Lets the last ones drain, or starts more: why some did not, by their numbers. The next reload tries again. */
  async #resize(count: number): Promise<ReadonlyMap<number, string>> {
    const failed = new Map<number, string>();
    if (this.#phase !== "running") return failed;
    for (const slot of this.#slots.slice(count)) this.#leave(slot);
    const kept = this.#slots.slice(0, count);
    const numbers = new Set(kept.map(({ worker }) => worker));
    const missing = Array.from({ length: count }, (_, index) => index + 1).filter((worker) => !numbers.has(worker));
    const added = missing.map((worker) => this.#slot(worker));
    this.#slots = [...kept, ...added].sort((a, b) => a.worker - b.worker);
    await Promise.all(
      added.map((slot) =>
        slot.start().catch((error: unknown) => {
          failed.set(slot.worker, error instanceof Error ? error.message : String(error));
          this.#slots = this.#slots.filter((one) => one !== slot);
        }),
      ),
    );
    return failed;
  }

  #leave(slot: WorkerSlot): void {
    const drained = slot.drain().then(() => void this.#leaving.delete(slot));
    this.#leaving.set(slot, drained);
  }

  /** A worker serves now, or no more. One that began with an earlier configuration gets the latest. */
  #onServing(slot: WorkerSlot): void {
    this.#checkDuty.review(this.#slots);
    void this.#documentDuty.review(this.#slots, slot);
    if (!slot.isServing) this.#counters.onEnd(slot);
    void slot.reload({ ...this.#setup, worker: slot.worker });
    // They may have changed since it was given its setup.
    slot.tell({ kind: "drains", drains: this.#setup.drains });
    slot.tell({ kind: "orders", orders: this.#setup.orders });
  }

  /** A worker has closed its ports. While all stop, none lets its clients go before all have: they come again, wherever one listens. */
  #onShut(slot: WorkerSlot): void {
    if (this.#phase !== "stopping") return slot.letGo();
    this.#shut.add(slot);
    if (this.#slots.some((one) => one.isDraining && !this.#shut.has(one))) return;
    for (const one of this.#shut) one.letGo();
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
    await Promise.all([...this.#slots.map((slot) => slot.drain()), ...this.#leaving.values()]);
  }

  /** Ends those that are left at once; answers how many there were. */
  async kill(): Promise<number> {
    this.#phase = "stopping";
    const had = await Promise.all([...this.#slots, ...this.#leaving.keys()].map((slot) => slot.kill()));
    return had.filter(Boolean).length;
  }
}
