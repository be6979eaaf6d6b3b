import { type CompileInput, compile } from "./compile.ts";
import type { Outcome } from "./context/outcome.ts";
import type { Context } from "./context.ts";
import type { EdgeHandler } from "./edge/edge.ts";
import { enterRoute } from "./enter.ts";
import type { GatewayError } from "./errors.ts";
import { Generation } from "./generation.ts";
import { isLastForward } from "./message/max-forwards.ts";
import type { Answer } from "./message/pending.ts";
import { problemReply } from "./message/problem.ts";
import { Reply } from "./message/reply.ts";
import { Incidents } from "./observe/incidents/incidents.ts";
import { CORE, familyOf } from "./observe/metrics/core.ts";
import type { Counter } from "./observe/metrics/counter.ts";
import { RequestRecorder } from "./observe/metrics/requests.ts";
import { Overload } from "./overload/overload.ts";
import { watchOverload } from "./overload/watch.ts";
import type { Awaitable } from "./plugin.ts";
import type { Lasting } from "./scope.ts";
import type { Snapshot } from "./snapshot.ts";
import { type Drain, drainedOf, drainsIn } from "./upstream/drain.ts";
import type { HealthSharing, HealthVerdict } from "./upstream/health/sharing.ts";
import { upstreamFamilies } from "./upstream/metrics.ts";
import { closeService, discoverTargets, drainTargets, type Service, watchHealth } from "./upstream/service.ts";

/** A start does not wait longer for the first answers of discovery. */
const FIRST_ANSWERS_MS = 2_000;

/** Snapshots that requests still go by, at most: of more the oldest is closed all the same. */
const MOST_OLD = 16;

const NOTHING = () => undefined;

/** Holds the current snapshot and sends every request through it. */
export class Gateway implements EdgeHandler {
  /** What went wrong of late. */
  readonly incidents: Incidents;
  readonly #lasting: Lasting;
  readonly #refused: Counter<typeof CORE.refused.labels>;
  /** For what the gateway answers itself. */
  readonly #unmatched: RequestRecorder;
  readonly #overload: Overload;
  readonly #stopCollecting: () => void;
  readonly #old = new Set<Generation>();
  readonly #sharing: HealthSharing | undefined;
  #drains: readonly Drain[] = [];
  #generation: Generation;
  #isChecker: boolean;
  #isStarted = false;
  #isClosed = false;
  #inFlight = 0;
  #stopWatching: () => void = () => {};
  #residentBytes: (() => number) | undefined = undefined;

  private constructor(snapshot: Snapshot, lasting: Lasting, sharing: HealthSharing | undefined) {
    this.#generation = this.#generationOf(snapshot);
    this.#lasting = lasting;
    this.incidents = new Incidents(lasting.now);
    const { metrics, log } = lasting;
    this.#overload = new Overload(snapshot.config.overload, log);
    this.#refused = metrics.counter(CORE.refused);
    this.#unmatched = new RequestRecorder(metrics, "");
    this.#stopCollecting = metrics.addCollector(() => [
      familyOf(CORE.requestsInFlight, [{ labels: [], value: this.#inFlight }]),
      ...this.#overload.families(),
      ...upstreamFamilies(this.snapshot.services.values()),
      ...(this.snapshot.own?.documents.families() ?? []),
    ]);
    this.#sharing = sharing;
    this.#isChecker = sharing?.isChecker ?? true;
  }

  /**
   * Compiles the configuration. Throws SetupError.
   *
   * @param sharing where several processes serve: who checks the targets, and tells the others
   */
  static async create(input: CompileInput, lasting: Lasting, sharing?: HealthSharing): Promise<Gateway> {
    return new Gateway(await compile(input, lasting), lasting, sharing);
  }

  /** Takes over what another process has found out about a target. */
  learn(verdict: HealthVerdict): void {
    this.snapshot.services.get(verdict.service)?.monitor.learn(verdict);
  }

  /** From now on this process is the one that checks the targets, and tells the others. */
  takeOverChecks(): void {
    this.#isChecker = true;
    for (const { monitor } of this.snapshot.services.values()) monitor.takeOver();
  }

  /** These targets are drained from now on, and no others. */
  useDrains(drains: readonly Drain[]): void {
    this.#useDrains(drains, this.snapshot);
  }

  #useDrains(drains: readonly Drain[], { services }: Snapshot): void {
    this.#drains = drains;
    for (const service of services.values()) drainTargets(service, drainedOf(drains, service.name));
  }

  /** Requests under way, tunnels included. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get snapshot(): Snapshot {
    return this.#generation.snapshot;
  }

  /**
   * Begins what goes on by itself: to watch how targets and canaries are, and to follow targets that come and go. Resolves
   * when each source has answered or failed, or after 2 s: the gateway is ready with what is known then.
   */
  async start(): Promise<void> {
    this.#isStarted = true;
    await this.#begin([...this.snapshot.services.values()], this.#generation);
  }

  /**
   * Goes by another configuration from now on. Requests under way go on by the one that they began with, whose plugins are
   * closed after them. Services of the same name stay, with their targets. Throws SetupError, or an Error for files that
   * cannot be read; then nothing has changed. One call at a time.
   *
   * @param prepare called when all else is ready: what it throws, too, leaves all as it was, and what it answers is called as
   *   the change takes effect
   */
  async reload(input: CompileInput, prepare: () => (() => void) | undefined = NOTHING): Promise<void> {
    const { snapshot: before } = this;
    const next = await compile(input, this.#lasting, before);
    const added = [...next.services.values()].filter((service) => before.services.get(service.name) !== service);
    const generation = this.#generationOf(next);
    // Nobody is sent to a new service before its first targets are found.
    if (this.#isStarted) await this.#begin(added, generation);
    let takeEffect: (() => void) | undefined;
    try {
      if (this.#isClosed) throw new Error("the gateway is stopping");
      takeEffect = prepare();
    } catch (error) {
      for (const service of added) closeService(service);
      await generation.close();
      throw error;
    }
    next.takeEffect();
    takeEffect?.();
    this.#useDrains(drainsIn(next.config, this.#drains), next);
    const old = this.#generation;
    this.#generation = generation;
    for (const service of before.services.values()) {
      if (next.services.get(service.name) !== service) closeService(service);
    }
    this.#retire(old);
    this.#overload.configure(next.config.overload);
    if (this.#residentBytes !== undefined) this.watchOverload(this.#residentBytes);
  }

  /** Begins to refuse requests by their priority while the process has too much to do, as `overload` says. */
  watchOverload(residentBytes: () => number): void {
    this.#stopWatching();
    this.#residentBytes = residentBytes;
    this.#stopWatching = watchOverload(this.#overload, residentBytes);
  }

  async #begin(services: readonly Service[], generation: Generation): Promise<void> {
    const sharing = this.#sharing === undefined ? undefined : { ...this.#sharing, isChecker: this.#isChecker };
    for (const service of services) watchHealth(service, sharing);
    const found = services.map((service) => discoverTargets(service, this.#lasting.log));
    const started = Promise.all([generation.start(), ...found]);
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FIRST_ANSWERS_MS);
    await Promise.race([started, late.promise]);
    clearTimeout(timer);
  }

  #generationOf(snapshot: Snapshot): Generation {
    return new Generation(snapshot, (generation) => this.#old.delete(generation));
  }

  #retire(generation: Generation): void {
    this.#old.add(generation);
    generation.retire();
    const [oldest] = this.#old;
    if (oldest === undefined || this.#old.size <= MOST_OLD) return;
    this.#old.delete(oldest);
    void oldest.close();
  }

  handle(ctx: Context): Answer {
    this.#inFlight++;
    const generation = this.#generation;
    generation.enter();
    ctx.generation = generation;
    const { request } = ctx;
    if (request.method === "OPTIONS" && (request.path === "*" || isLastForward(request.headers))) return new Reply(204);
    const { live } = generation.snapshot;
    const entered = enterRoute(ctx, generation.snapshot);
    const way = live === undefined ? entered : live.follow(ctx, entered);
    if (this.#overload.level >= way.refusedFrom) throw this.#overload.refusal(way.refusedFrom);
    return way.handle(ctx);
  }

  fail(ctx: Context, error: unknown): Awaitable<Reply> {
    return (ctx.pipeline ?? this.snapshot.unmatched).fail(ctx, error);
  }

  finish(ctx: Context, outcome: Outcome): void {
    this.#inFlight--;
    if (ctx.pipeline === undefined) this.#unmatched.record(ctx, outcome);
    if (outcome.status >= 429 || outcome.errorCode !== undefined) this.incidents.note(ctx, outcome);
    if (outcome.errorSource === "internal") this.#logInternal(ctx);
    try {
      ctx.pipeline?.finish(ctx, outcome);
    } catch (error) {
      this.#lasting.log.error("a plugin failed in its log phase", { requestId: ctx.requestId, error });
    }
    ctx.generation?.leave();
  }

  refuse(error: GatewayError, peerAddress: string): Reply {
    const requestId = crypto.randomUUID();
    const { code, source, detail } = error;
    // What is internal has failed behind a request, which is counted when it ends.
    if (code !== "internal") {
      this.#refused.with(code).inc();
      this.incidents.noteRefused(error, requestId, peerAddress);
    }
    const fields = { requestId, client: peerAddress, code, source, detail };
    if (source === "internal") this.#lasting.log.error("request failed", { ...fields, error });
    else this.#lasting.log.info("request refused", fields);
    return problemReply(error, requestId, this.snapshot.config.errors.format);
  }

  /** The client is told nothing of the cause, so the log must be. Overload is no fault and comes in floods. */
  #logInternal(ctx: Context): void {
    if (ctx.error?.code !== "internal") return;
    const { requestId, route, service, error } = ctx;
    const stack = error.cause instanceof Error ? error.cause.stack : undefined;
    const fields = { requestId, route: route?.name, service, error, stack };
    this.#lasting.log.error("a request failed inside the gateway", fields);
  }

  /** Closes plugins and idle connections; requests in flight are the edges' to end first. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopCollecting();
    this.#stopWatching();
    await Promise.all([this.#generation, ...this.#old].map((generation) => generation.close()));
    for (const service of this.snapshot.services.values()) closeService(service);
  }
}
