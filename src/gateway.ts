import { type CompileInput, compile } from "./compile.ts";
import type { Outcome } from "./context/outcome.ts";
import type { Context } from "./context.ts";
import type { EdgeHandler } from "./edge/edge.ts";
import { enterRoute } from "./enter.ts";
import type { GatewayError } from "./errors.ts";
import type { Generation } from "./gateway/generation.ts";
import { Generations } from "./gateway/generations.ts";
import { Refusals } from "./gateway/refusals.ts";
import { ServiceLifecycle, servicesOnlyIn } from "./gateway/service-lifecycle.ts";
import { isLastForward } from "./message/max-forwards.ts";
import type { Answer } from "./message/pending.ts";
import { problemReply } from "./message/problem.ts";
import { Reply } from "./message/reply.ts";
import { Incidents } from "./observe/incidents/incidents.ts";
import { CORE, familyOf } from "./observe/metrics/core.ts";
import { RequestRecorder } from "./observe/metrics/requests.ts";
import { Overload } from "./overload/overload.ts";
import { watchOverload } from "./overload/watch.ts";
import type { Awaitable } from "./plugin.ts";
import type { Lasting } from "./scope.ts";
import type { Snapshot } from "./snapshot.ts";
import { canaryFamilies } from "./traffic/canary-metrics.ts";
import type { OrderedRun } from "./traffic/canary-record.ts";
import type { Drain } from "./upstream/drain.ts";
import type { HealthSharing, HealthVerdict } from "./upstream/health/sharing.ts";
import { upstreamFamilies } from "./upstream/metrics.ts";
import { closeService, type Service } from "./upstream/service.ts";

/** A start does not wait longer for the first answers of discovery. */
const FIRST_ANSWERS_MS = 2_000;

const NOTHING = () => undefined;

/** Holds the current snapshot and sends every request through it. */
export class Gateway implements EdgeHandler {
  /** What went wrong of late. */
  readonly incidents: Incidents;
  readonly #lasting: Lasting;
  readonly #refusals: Refusals;
  /** For what the gateway answers itself. */
  readonly #unmatched: RequestRecorder;
  readonly #overload: Overload;
  readonly #generations: Generations;
  readonly #lifecycle: ServiceLifecycle;
  readonly #stopCollecting: () => void;
  #orders: readonly OrderedRun[] = [];
  #isStarted = false;
  #isClosed = false;
  #inFlight = 0;
  #stopWatching: () => void = () => {};
  #residentBytes: (() => number) | undefined = undefined;

  private constructor(snapshot: Snapshot, lasting: Lasting, sharing: HealthSharing | undefined) {
    const { metrics, log } = lasting;
    this.#lasting = lasting;
    this.#generations = new Generations(snapshot);
    this.#lifecycle = new ServiceLifecycle(log, sharing);
    this.incidents = new Incidents(lasting.now);
    this.#refusals = new Refusals(lasting, this.incidents);
    this.#overload = new Overload(snapshot.config.overload, log);
    this.#unmatched = new RequestRecorder(metrics, "");
    this.#stopCollecting = metrics.addCollector(() => [
      familyOf(CORE.requestsInFlight, [{ labels: [], value: this.#inFlight }]),
      ...this.#overload.families(),
      ...canaryFamilies(this.snapshot.routes),
      ...upstreamFamilies(this.snapshot.services.values()),
      ...(this.snapshot.own?.documents.families() ?? []),
    ]);
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
    this.#lifecycle.learn(this.snapshot.services, verdict);
  }

  /** From now on this process is the one that checks the targets, and tells the others. */
  takeOverChecks(): void {
    this.#lifecycle.takeOverChecks(this.snapshot.services);
  }

  /** These targets are drained from now on, and no others. */
  useDrains(drains: readonly Drain[]): void {
    this.#lifecycle.drain(this.snapshot.services, drains);
  }

  /** Canaries of these runs go by these orders from now on, unless they know of newer ones. */
  orderCanaries(orders: readonly OrderedRun[]): void {
    this.#orderCanaries(orders, this.snapshot);
  }

  #orderCanaries(orders: readonly OrderedRun[], { routes }: Snapshot): void {
    this.#orders = orders;
    for (const { split } of routes) {
      const found = orders.find(({ run }) => run === split.canary?.run);
      if (found !== undefined) split.canary?.obey(found.order);
    }
  }

  /** Requests under way, tunnels included. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get snapshot(): Snapshot {
    return this.#generations.current.snapshot;
  }

  /**
   * Begins what goes on by itself: to watch how targets and canaries are, and to follow targets that come and go. Resolves
   * when each source has answered or failed, or after 2 s: the gateway is ready with what is known then.
   */
  async start(): Promise<void> {
    this.#isStarted = true;
    await this.#begin([...this.snapshot.services.values()], this.#generations.current);
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
    const added = servicesOnlyIn(next.services, before.services);
    const generation = this.#generations.of(next);
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
    this.#orderCanaries(this.#orders, next);
    this.#lifecycle.replace(before.services, next);
    this.#generations.replace(generation);
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
    const started = Promise.all([this.#lifecycle.begin(services), generation.start()]);
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FIRST_ANSWERS_MS);
    await Promise.race([started, late.promise]);
    clearTimeout(timer);
  }

  handle(ctx: Context): Answer {
    this.#inFlight++;
    const generation = this.#generations.current;
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
    if (outcome.errorSource === "internal") this.#refusals.noteInternal(ctx);
    try {
      ctx.pipeline?.finish(ctx, outcome);
    } catch (error) {
      this.#lasting.log.error("a plugin failed in its log phase", { requestId: ctx.requestId, error });
    }
    ctx.generation?.leave();
  }

  refuse(error: GatewayError, peerAddress: string): Reply {
    const requestId = this.#refusals.note(error, peerAddress);
    return problemReply(error, requestId, this.snapshot.config.errors.format);
  }

  /** Closes plugins and idle connections; requests in flight are the edges' to end first. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopCollecting();
    this.#stopWatching();
    await this.#generations.close();
    for (const service of this.snapshot.services.values()) closeService(service);
  }
}
