import type { WorkerView } from "../admin/view.ts";
import type { Logger } from "../observe/logger.ts";
import type { Handed } from "../openapi/sharing/state.ts";
import type { HealthVerdict } from "../upstream/health/sharing.ts";
import { Asking } from "./asking.ts";
import { Backoff } from "./backoff.ts";
import { type Exit, spawnWorker, type WorkerProcess } from "./child.ts";
import type { Answers, FromWorker, Question, Subject, ToWorker, WorkerSetup } from "./messages.ts";

export interface SlotOptions {
  /** Counted from 1. */
  readonly worker: number;
  readonly program: readonly string[];
  readonly log: Logger;
  write(line: string): void;
  /** Asked at each start. */
  setup(): WorkerSetup;
  /** It serves now, or no more. */
  onServing(): void;
  onVerdict(verdict: HealthVerdict): void;
  onDocuments(handed: Handed): void;
  /** It drains, has closed its ports, and waits to be told to let its clients go. */
  onShut(): void;
  /** For a worker to answer again, in ms; then it hangs, and is ended. 30 s unless told. */
  readonly hungMs?: number;
}

/** For a worker to listen, its plugins' setup included; then it is ended, and counts as one that has failed. */
const START_MS = 60_000;

/** For a worker to take over another configuration, its plugins' setup included. */
const RELOAD_MS = 60_000;
/** The parent asks for counts once a second: one that is merely busy answers one of so many. */
const HUNG_MS = 30_000;
/** Questions that it has left unanswered meanwhile, at least: the parent itself may have stood still. */
const HUNG_QUESTIONS = 5;
const UNANSWERED = "it did not answer in time";

/** The place of one worker: holds its process, and starts another one when that has ended. */
export class WorkerSlot {
  readonly worker: number;
  readonly #options: SlotOptions;
  readonly #backoff = new Backoff();
  readonly #stopped = Promise.withResolvers<void>();
  #state: WorkerView["state"] = "starting";
  #since = Date.now();
  #restarts = 0;
  #child: WorkerProcess | undefined = undefined;
  #asking: Asking | undefined = undefined;
  /** Since when it has answered nothing that it was asked. */
  #silentSince: number | undefined = undefined;
  /** Questions since then. */
  #unanswered = 0;
  /** Of the configuration that its process has. */
  #version = 0;
  #behind: string | undefined = undefined;
  #retry: Timer | undefined = undefined;
  #isDraining = false;

  constructor(options: SlotOptions) {
    this.worker = options.worker;
    this.#options = options;
  }

  get isServing(): boolean {
    return this.#state === "running";
  }

  /** It was told to drain as it served, and has not ended. */
  get isDraining(): boolean {
    return this.#isDraining && this.#child !== undefined;
  }

  get view(): WorkerView {
    const { worker } = this;
    const pid = this.#child?.pid;
    const since = new Date(this.#since).toISOString();
    return {
      worker,
      ...(pid === undefined ? {} : { pid }),
      state: this.#state,
      since,
      restarts: this.#restarts,
      ...(this.#silentSince === undefined ? {} : { isSilent: true }),
      ...(this.#behind === undefined ? {} : { behind: this.#behind }),
    };
  }

  /** Starts its first process; resolves with the ports in use. Rejects, for good, if that does not listen. */
  async start(): Promise<readonly number[]> {
    const { ports, failed } = this.#launch();
    const started = await Promise.race([ports, failed]);
    // From now on one that fails is replaced.
    if (typeof started !== "string") return started;
    this.#end();
    throw new Error(started);
  }

  /** Asks the worker if it serves; undefined, and a note, if it does not answer in time. One that has not for long is ended. */
  async ask<S extends Subject>(question: Question<S>, ms: number): Promise<Answers[S] | undefined> {
    if (!this.isServing || this.#asking === undefined || this.#asking.isFull) return undefined;
    const child = this.#child;
    const answer = await this.#asking.ask(question, ms);
    // It may have been replaced meanwhile.
    if (child === this.#child) this.#noteAnswer(answer !== undefined);
    return answer;
  }

  #noteAnswer(hasAnswered: boolean): void {
    const { log, hungMs = HUNG_MS } = this.#options;
    const { worker } = this;
    if (hasAnswered || !this.isServing) {
      this.#silentSince = undefined;
      this.#unanswered = 0;
      return;
    }
    if (this.#silentSince === undefined) log.warn("a worker does not answer: sums are without it", { worker });
    const now = performance.now();
    this.#silentSince ??= now;
    this.#unanswered++;
    const silentMs = Math.round(now - this.#silentSince);
    if (silentMs < hungMs || this.#unanswered < HUNG_QUESTIONS) return;
    log.error("a worker hangs: it is ended", { worker, silentMs });
    this.#child?.kill();
  }

  /** Undefined if it serves by the configuration of that version, or does not serve: it starts with it then; else why not. */
  async reload(setup: WorkerSetup): Promise<string | undefined> {
    if (!this.isServing || this.#asking === undefined || this.#version === setup.version) return undefined;
    const answer = await this.#asking.ask({ about: "reload", setup }, RELOAD_MS);
    if (answer?.isApplied === true) this.#version = setup.version;
    this.#behind = answer?.isApplied === true || !this.isServing ? undefined : (answer?.message ?? UNANSWERED);
    return this.#behind;
  }

  /** Tells it of targets, documents or canaries, if it serves. */
  tell(message: Exclude<ToWorker, { readonly kind: "start" | "ask" | "drain" }>): void {
    if (this.isServing) this.#child?.send(message);
  }

  /** Lets it finish what is in flight; resolves when it has ended. One that does not serve yet ends at once. */
  drain(): Promise<void> {
    const { isServing } = this;
    this.#isDraining = isServing;
    this.#enter("stopping");
    clearTimeout(this.#retry);
    if (this.#child === undefined) this.#end();
    else if (isServing) this.#child.send({ kind: "drain" });
    else this.#child.kill();
    return this.#stopped.promise;
  }

  /** Lets one that drains let its clients go. */
  letGo(): void {
    this.#child?.send({ kind: "leave" });
  }

  /** Ends its process at once, and starts no other; resolves when it has ended. Answers whether there was one. */
  async kill(): Promise<boolean> {
    const hadOne = this.#child !== undefined;
    this.#enter("stopping");
    clearTimeout(this.#retry);
    if (this.#child === undefined) this.#end();
    else this.#child.kill();
    await this.#stopped.promise;
    return hadOne;
  }

  #launch(): { readonly ports: Promise<readonly number[]>; readonly failed: Promise<string> } {
    const { program, write } = this.#options;
    const ports = Promise.withResolvers<readonly number[]>();
    const failed = Promise.withResolvers<string>();
    let reason: string | undefined;
    const onMessage = (message: FromWorker) => {
      if (message.kind === "hello") {
        const setup = this.#options.setup();
        this.#version = setup.version;
        this.#behind = undefined;
        child.send({ kind: "start", setup });
      }
      if (message.kind === "answer") asking.onAnswer(message.id, message.value);
      else if (message.kind === "failed") reason = message.message;
      else if (message.kind === "health") this.#options.onVerdict(message.verdict);
      else if (message.kind === "documents") this.#options.onDocuments(message.handed);
      else if (message.kind === "shut") this.#options.onShut();
      else if (message.kind === "listening" && this.#state === "starting") {
        clearTimeout(deadline);
        this.#enter("running");
        ports.resolve(message.ports);
      }
    };
    this.#enter("starting");
    const child = spawnWorker({ program, onMessage, write });
    const asking = new Asking(child.send);
    const deadline = setTimeout(() => child.kill(), START_MS);
    this.#child = child;
    this.#asking = asking;
    void child.exited.then((exit) => {
      clearTimeout(deadline);
      asking.close();
      failed.resolve(reason ?? `a worker has ended before it listened (${describe(exit)})`);
      this.#onExit(exit, reason);
    });
    return { ports: ports.promise, failed: failed.promise };
  }

  #onExit(exit: Exit, reason: string | undefined): void {
    this.#child = undefined;
    this.#asking = undefined;
    this.#silentSince = undefined;
    this.#unanswered = 0;
    if (this.#state === "stopping") return this.#end();
    if (this.#state === "stopped") return;
    const servedMs = this.isServing ? Date.now() - this.#since : 0;
    // The first start has failed, which is not for the slot to mend.
    if (servedMs === 0 && this.#restarts === 0 && this.#state === "starting") return;
    const delayMs = this.#backoff.next(servedMs);
    this.#enter("waiting");
    this.#options.log.error("a worker has ended: another one is started", {
      worker: this.worker,
      ...exit,
      reason,
      delayMs,
    });
    this.#retry = setTimeout(() => {
      this.#restarts++;
      this.#launch();
    }, delayMs);
  }

  #end(): void {
    this.#enter("stopped");
    this.#stopped.resolve();
  }

  #enter(state: WorkerView["state"]): void {
    const wasServing = this.isServing;
    this.#state = state;
    this.#since = Date.now();
    if (this.isServing !== wasServing) this.#options.onServing();
  }
}

function describe({ exitCode, signal }: Exit): string {
  return signal === undefined ? `exit code ${exitCode}` : signal;
}
