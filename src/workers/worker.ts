import { drainMs, openWorkerLog, type RunOptions } from "../boot.ts";
import { Gateway } from "../gateway.ts";
import { Listeners } from "../listeners.ts";
import type { RootLogger } from "../observe/log.ts";
import { MetricsRegistry } from "../observe/metrics/registry.ts";
import { dutyFamilies, meterProcess } from "../observe/metrics/usage.ts";
import { documentExchange } from "../openapi/sharing/exchange.ts";
import type { Handed } from "../openapi/sharing/state.ts";
import { pause } from "../pause.ts";
import { loadPlugins } from "../registry/registry.ts";
import { createState } from "../scope.ts";
import { SetupError } from "../setup-error.ts";
import { storeFamilies } from "../store/metrics.ts";
import { openStore } from "../store/open.ts";
import { type Running, takeOver } from "../take-over.ts";
import type { OrderedRun } from "../traffic/canary-record.ts";
import type { Drain } from "../upstream/drain.ts";
import type { HealthVerdict } from "../upstream/health/sharing.ts";
import { createView } from "../view.ts";
import type { ParentChannel, Question, ToWorker, WorkerReload, WorkerSetup } from "./messages.ts";
import { answerPlugin } from "./plugin-requests.ts";

/**
 * Serves as the parent tells it, until that says drain, or is gone, or a signal comes.
 *
 * @returns whether it could; if not, the parent knows why
 */
export async function runWorker(options: RunOptions, parent: ParentChannel): Promise<boolean> {
  const channel = new Channel(options, parent);
  const setup = await channel.setup;
  if (setup === undefined) return true;
  const log = openWorkerLog(setup.config, options);
  try {
    await serve(setup, options, log, channel);
    return true;
  } catch (error) {
    parent.send({ kind: "failed", message: messageOf(error) });
    return false;
  }
}

async function serve(setup: WorkerSetup, options: RunOptions, root: RootLogger, channel: Channel): Promise<void> {
  const { config, directory } = setup;
  const log = root.with({ worker: setup.worker });
  const metrics = new MetricsRegistry(log);
  const name = String(setup.worker);
  meterProcess(metrics, name, options.usage);
  const plugins = await loadPlugins(setup.plugins);
  const state = createState();
  const store = await openStore(config.redis, { now: Date.now, log, warnsOfWorkers: setup.worker === 1 });
  metrics.addCollector(() => storeFamilies(store.report()));
  const lasting = { log, metrics, store, now: Date.now, state };
  const exchange = documentExchange(lasting);
  const publish = (handed: Handed) => channel.parent.send({ kind: "documents", handed });
  if (setup.documents !== undefined) exchange.join({ folder: setup.documents, log, publish });
  const gateway = await Gateway.create({ config, plugins, directory }, lasting, {
    isChecker: false,
    publish: (verdict) => channel.parent.send({ kind: "health", verdict }),
  });
  gateway.useDrains(setup.drains);
  gateway.orderCanaries(setup.orders);
  gateway.watchOverload(() => options.usage().residentBytes);
  await gateway.start();
  const listeners = new Listeners(gateway, lasting, { isShared: true });
  try {
    listeners.open();
    metrics.addCollector(() => dutyFamilies(name, { inFlight: gateway.inFlight, listeners: listeners.views() }));
    const view = createView(
      () => gateway.snapshot,
      () => ({ isReady: true, reasons: [] }),
      metrics,
      () => store.report(),
      gateway.incidents,
    );
    const reloads = new Reloads({ gateway, listeners, log: root });
    channel.serve({
      takeOverChecks: () => gateway.takeOverChecks(),
      learn: (verdict) => gateway.learn(verdict),
      useDrains: (drains) => gateway.useDrains(drains),
      takeOverDocuments: () => exchange.lead(),
      learnDocuments: (handed) => exchange.learn(handed),
      useOrders: (orders) => gateway.orderCanaries(orders),
      answer: ({ about, request, id, setup: next, limit = 0 }) => {
        if (about === "listeners") return listeners.views();
        if (about === "errors") return view.errors(limit).map((error) => ({ ...error, worker: setup.worker }));
        if (about === "explanation") return view.explanation(id ?? "") ?? null;
        if (about === "reload") return next === undefined ? undefined : reloads.take(next);
        if (about !== "plugin") return view[about]();
        return request === undefined ? undefined : answerPlugin(gateway.snapshot.pluginApps, request);
      },
    });
    channel.parent.send({ kind: "listening", ports: listeners.views().map(({ port }) => port) });
    await channel.stop;
    log.info("stopping: requests in flight are finished");
    // Connections that have come with the message are accepted first: the kernel resets what waits at a port that closes.
    const { config: latest } = gateway.snapshot;
    await listeners.close(drainMs(latest), Math.max(latest["shutdown-delay"], 1), () => channel.mayLetGo());
  } finally {
    await listeners.close(0);
    await gateway.close();
    await store.close();
  }
}

/** Takes over configurations one after the other; with one that it cannot go by, nothing changes. */
class Reloads {
  readonly #running: Running;
  #last: Promise<unknown> = Promise.resolve();
  #version = 0;

  constructor(running: Running) {
    this.#running = running;
  }

  take(setup: WorkerSetup): Promise<WorkerReload> {
    const next = this.#last.then(() => this.#apply(setup));
    this.#last = next;
    return next;
  }

  async #apply({ config, plugins, directory, version }: WorkerSetup): Promise<WorkerReload> {
    if (version <= this.#version) return { isApplied: version === this.#version, message: "a later one is at work" };
    try {
      await takeOver(this.#running, { config, plugins: await loadPlugins(plugins), directory });
      this.#version = version;
      return { isApplied: true, message: "" };
    } catch (error) {
      return { isApplied: false, message: messageOf(error) };
    }
  }
}

/** How long clients are kept, in ms, for other workers that do not close their ports. */
const SHUT_MS = 1_000;

/** What a worker that serves does for its parent. */
interface Duties {
  takeOverChecks(): void;
  learn(verdict: HealthVerdict): void;
  useDrains(drains: readonly Drain[]): void;
  takeOverDocuments(): void;
  learnDocuments(handed: Handed): void;
  useOrders(orders: readonly OrderedRun[]): void;
  answer(question: Question): unknown;
}

/** Takes the parent's messages, one meaning each. */
class Channel {
  readonly parent: ParentChannel;
  /** Undefined if it is told to stop before. */
  readonly setup: Promise<WorkerSetup | undefined>;
  readonly stop: Promise<void>;
  readonly #leave = new AbortController();
  #duties: Duties | undefined = undefined;

  constructor(options: Pick<RunOptions, "onStop" | "onReload">, parent: ParentChannel) {
    const setup = Promise.withResolvers<WorkerSetup | undefined>();
    const stop = Promise.withResolvers<void>();
    const end = () => {
      setup.resolve(undefined);
      stop.resolve();
    };
    this.parent = parent;
    this.setup = setup.promise;
    this.stop = stop.promise;
    parent.onMessage((message) => {
      if (message.kind === "start") setup.resolve(message.setup);
      else if (message.kind === "drain") end();
      else if (message.kind === "leave") this.#leave.abort();
      else this.#onDuty(message);
    });
    // Without its parent nobody would end it, and it would hold the port.
    parent.onDisconnect(() => {
      end();
      this.#leave.abort();
    });
    // A terminal, or a service manager, sends signals to all processes: the parent tells what a second one means.
    options.onStop(end);
    options.onReload(() => {});
    parent.send({ kind: "hello" });
  }

  serve(duties: Duties): void {
    this.#duties = duties;
  }

  /**
   * Tells that the ports are closed; resolves when those of all workers that stop are, or after a second: a client that is let go
   * comes again, and must not come to a port that is about to close.
   */
  async mayLetGo(): Promise<void> {
    this.parent.send({ kind: "shut" });
    await pause(SHUT_MS, this.#leave.signal);
  }

  #onDuty(message: ToWorker): void {
    if (message.kind === "checks") this.#duties?.takeOverChecks();
    if (message.kind === "health") this.#duties?.learn(message.verdict);
    if (message.kind === "drains") this.#duties?.useDrains(message.drains);
    if (message.kind === "documents-duty") this.#duties?.takeOverDocuments();
    if (message.kind === "documents") this.#duties?.learnDocuments(message.handed);
    if (message.kind === "orders") this.#duties?.useOrders(message.orders);
    if (message.kind === "ask") void this.#answer(message.id, message.question);
  }

  async #answer(id: number, question: Question): Promise<void> {
    let value: unknown;
    try {
      value = await this.#duties?.answer(question);
    } finally {
      this.parent.send({ kind: "answer", id, value });
    }
  }
}

function messageOf(error: unknown): string {
  if (error instanceof SetupError) return error.faults.map((fault) => fault.message).join("\n");
  return error instanceof Error ? error.message : String(error);
}
