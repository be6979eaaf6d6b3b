import { type CompileInput, compile } from "./compile.ts";
import type { Context, Outcome } from "./context.ts";
import type { EdgeHandler } from "./edge/edge.ts";
import { enterRoute } from "./enter.ts";
import type { GatewayError } from "./errors.ts";
import { isLastForward } from "./message/max-forwards.ts";
import type { Answer } from "./message/pending.ts";
import { problemReply } from "./message/problem.ts";
import { Reply } from "./message/reply.ts";
import { CORE, familyOf } from "./observe/metrics/core.ts";
import type { Counter } from "./observe/metrics/counter.ts";
import { RequestRecorder } from "./observe/metrics/requests.ts";
import { Overload } from "./overload/overload.ts";
import { watchOverload } from "./overload/watch.ts";
import type { Awaitable } from "./plugin.ts";
import type { Lasting } from "./scope.ts";
import type { Snapshot } from "./snapshot.ts";
import type { HealthSharing, HealthVerdict } from "./upstream/health/sharing.ts";
import { upstreamFamilies } from "./upstream/metrics.ts";
import { closeService, discoverTargets, watchHealth } from "./upstream/service.ts";

/** A start does not wait longer for the first answers of discovery. */
const FIRST_ANSWERS_MS = 2_000;

/** Holds the current snapshot and sends every request through it. */
export class Gateway implements EdgeHandler {
  readonly #lasting: Lasting;
  readonly #refused: Counter<typeof CORE.refused.labels>;
  /** For what the gateway answers itself. */
  readonly #unmatched: RequestRecorder;
  readonly #overload: Overload;
  readonly #stopCollecting: () => void;
  readonly #sharing: HealthSharing | undefined;
  #snapshot: Snapshot;
  #inFlight = 0;
  #stopWatching: () => void = () => {};

  private constructor(snapshot: Snapshot, lasting: Lasting, sharing: HealthSharing | undefined) {
    this.#snapshot = snapshot;
    this.#lasting = lasting;
    const { metrics, log } = lasting;
    this.#overload = new Overload(snapshot.config.overload, log);
    this.#refused = metrics.counter(CORE.refused);
    this.#unmatched = new RequestRecorder(metrics, "");
    this.#stopCollecting = metrics.addCollector(() => [
      familyOf(CORE.requestsInFlight, [{ labels: [], value: this.#inFlight }]),
      ...this.#overload.families(),
      ...upstreamFamilies(this.#snapshot.services.values()),
    ]);
    this.#sharing = sharing;
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
    this.#snapshot.services.get(verdict.service)?.monitor.learn(verdict);
  }

  /** From now on this process is the one that checks the targets, and tells the others. */
  takeOverChecks(): void {
    for (const { monitor } of this.#snapshot.services.values()) monitor.takeOver();
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /**
   * Begins what goes on by itself: to watch how targets and canaries are, and to follow targets that come and go. Resolves
   * when each source has answered or failed, or after 2 s: the gateway is ready with what is known then.
   */
  async start(): Promise<void> {
    const { services: byName, routes, own, signal } = this.#snapshot;
    own?.documents.start();
    const splits = routes.map(({ split }) => split.start(signal));
    const services = [...byName.values()];
    for (const service of services) watchHealth(service, this.#sharing);
    const started = Promise.all([...splits, ...services.map((service) => discoverTargets(service, this.#lasting.log))]);
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FIRST_ANSWERS_MS);
    await Promise.race([started, late.promise]);
    clearTimeout(timer);
  }

  /** Begins to refuse requests by their priority while the process has too much to do, as `overload` says. */
  watchOverload(residentBytes: () => number): void {
    this.#stopWatching();
    this.#stopWatching = watchOverload(this.#overload, residentBytes);
  }

  handle(ctx: Context): Answer {
    this.#inFlight++;
    const { request } = ctx;
    if (request.method === "OPTIONS" && (request.path === "*" || isLastForward(request.headers))) return new Reply(204);
    const way = enterRoute(ctx, this.#snapshot);
    if (this.#overload.level >= way.refusedFrom) throw this.#overload.refusal(way.refusedFrom);
    return way.handle(ctx);
  }

  fail(ctx: Context, error: unknown): Awaitable<Reply> {
    return (ctx.pipeline ?? this.#snapshot.unmatched).fail(ctx, error);
  }

  finish(ctx: Context, outcome: Outcome): void {
    this.#inFlight--;
    if (ctx.pipeline === undefined) this.#unmatched.record(ctx.request.method, outcome);
    if (outcome.errorSource === "internal") this.#logInternal(ctx);
    try {
      ctx.pipeline?.finish(ctx, outcome);
    } catch (error) {
      this.#lasting.log.error("a plugin failed in its log phase", { requestId: ctx.requestId, error });
    }
  }

  refuse(error: GatewayError, peerAddress: string): Reply {
    const requestId = crypto.randomUUID();
    const { code, source, detail } = error;
    // What is internal has failed behind a request, which is counted when it ends.
    if (code !== "internal") this.#refused.with(code).inc();
    const fields = { requestId, client: peerAddress, code, source, detail };
    if (source === "internal") this.#lasting.log.error("request failed", { ...fields, error });
    else this.#lasting.log.info("request refused", fields);
    return problemReply(error, requestId, this.#snapshot.config.errors.format);
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
    this.#stopCollecting();
    this.#stopWatching();
    this.#snapshot.own?.documents.stop();
    await this.#snapshot.close();
    for (const service of this.#snapshot.services.values()) closeService(service);
  }
}
