import type { Cancellable, Downstream, RequestGeneration, RequestPipeline, SelectedTarget } from "./context/hooks.ts";
import type { ContextKey } from "./context/key.ts";
import type { RequestTrace } from "./context/trace.ts";
import type { GatewayError } from "./errors.ts";
import type { GatewayRequest } from "./message/request.ts";
import type { UpgradeOffer } from "./message/tunnel.ts";

/** The route that a request matched, as plugins see it. */
export interface RouteInfo {
  /** Its `name`, or one made of all that it takes requests by. */
  readonly name: string;
  /** The pattern as written in the configuration. */
  readonly path: string;
}

/** Who is calling, as an authenticating plugin found out. */
export interface Principal {
  /** Unique among the principals of one plugin: a token's subject, a key's id. */
  readonly id: string;
  /** Name of the plugin that vouches for it. */
  readonly source: string;
  readonly scopes: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * The record of one request, of fixed shape, handed to every phase. Plugins share values through `state`, under keys
 * made once, at load.
 */
export class Context {
  readonly request: GatewayRequest;
  /** When the head had arrived, on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** Undefined if no route matched: only global plugins run then. */
  route: RouteInfo | undefined = undefined;
  /** Named path parameters; a prefix route has the rest under "*". */
  params: Readonly<Record<string, string>> = NO_PARAMS;
  /** Name of the service chosen for the request. */
  service: string | undefined = undefined;
  /** URL of the target of the latest attempt. */
  target: string | undefined = undefined;
  principal: Principal | undefined = undefined;
  /** The target chosen for the attempt under way; for the core alone. */
  selected: SelectedTarget | undefined = undefined;
  /** The attempt under way; for the core alone. */
  inFlight: Cancellable | undefined = undefined;
  /** The way that the request goes; for the core alone. */
  pipeline: RequestPipeline | undefined = undefined;
  /** The configuration that the request goes by, told when it has ended; for the core alone. */
  generation: RequestGeneration | undefined = undefined;
  /** For interim responses; undefined where nobody can take them. */
  downstream: Downstream | undefined = undefined;
  /** What the client offers to switch to, and the route allows; for the core alone. */
  upgrade: UpgradeOffer | undefined = undefined;
  /** Where the request is in its trace; undefined without `telemetry`. */
  trace: RequestTrace | undefined = undefined;
  /** Arrival of the latest reply head, on the clock of `startedAt`. */
  upstreamRepliedAt = 0;
  /** When the edge got a reply that may take a while to send, on that clock; 0 where it leaves at once. For the core alone. */
  repliedAt = 0;
  /** The error that ended the request, if any. */
  error: GatewayError | undefined = undefined;

  /** The request's own record; what is counted for the whole request is kept there. */
  readonly #root: Context;
  #forks: Context[] | undefined = undefined;
  #attempts = 0;
  #upstreamStartedAt = 0;
  #upstreamEndedAt = 0;
  #deadlineAt = Number.POSITIVE_INFINITY;
  #earlier: readonly SelectedTarget[] = NONE_TRIED;
  #latest: SelectedTarget | undefined = undefined;
  #upstreamPath: string;
  #upstreamQuery: string | undefined;
  #requestId: string | undefined = undefined;
  #state: Map<symbol, unknown> | undefined = undefined;
  #abort: AbortController | undefined = undefined;
  #abortReason: GatewayError | undefined = undefined;
  #isDetached = false;

  constructor(request: GatewayRequest, startedAt: number, root?: Context) {
    this.request = request;
    this.startedAt = startedAt;
    this.#root = root ?? this;
    this.#upstreamPath = request.path;
    this.#upstreamQuery = request.query;
  }

  /** Attempts sent so far. */
  get attempts(): number {
    return this.#root.#attempts;
  }

  set attempts(count: number) {
    this.#root.#attempts = count;
  }

  /** Start of the first attempt, on the clock of `startedAt`. */
  get upstreamStartedAt(): number {
    return this.#root.#upstreamStartedAt;
  }

  set upstreamStartedAt(time: number) {
    this.#root.#upstreamStartedAt = time;
  }

  /** When the latest attempt had its reply's head, or failed, on that clock; 0 before. For the core alone. */
  get upstreamEndedAt(): number {
    return this.#root.#upstreamEndedAt;
  }

  set upstreamEndedAt(time: number) {
    this.#root.#upstreamEndedAt = time;
  }

  /** When the reply's head has to be there, on the clock of `startedAt`; infinite while nothing bounds it. */
  get deadlineAt(): number {
    return this.#root.#deadlineAt;
  }

  set deadlineAt(time: number) {
    this.#root.#deadlineAt = time;
  }

  /** Targets of the attempts so far, the latest last; for the core alone. Costs nothing before the second. */
  triedTargets(): readonly SelectedTarget[] {
    const root = this.#root;
    return root.#latest === undefined ? NONE_TRIED : [...root.#earlier, root.#latest];
  }

  /** Notes the target of the next attempt, and which earlier ones count as tried; for the core alone. */
  select(target: SelectedTarget, earlier: readonly SelectedTarget[]): void {
    this.selected = target;
    this.target = target.url;
    this.#root.target = target.url;
    this.#root.#latest = target;
    this.#root.#earlier = earlier;
  }

  /** Path that the upstream gets, after strip-prefix, add-prefix and rewrite. Setting an invalid one throws TypeError. */
  get upstreamPath(): string {
    return this.#upstreamPath;
  }

  set upstreamPath(path: string) {
    if (!PATH.test(path)) throw new TypeError(`invalid path ${JSON.stringify(path)}`);
    this.#upstreamPath = path;
  }

  /** Query that the upstream gets, without "?". Setting an invalid one throws TypeError. */
  get upstreamQuery(): string | undefined {
    return this.#upstreamQuery;
  }

  set upstreamQuery(query: string | undefined) {
    if (query !== undefined && !QUERY.test(query)) throw new TypeError(`invalid query ${JSON.stringify(query)}`);
    this.#upstreamQuery = query;
  }

  /** The id told to client, upstream and log; made at first use unless a plugin has set one. */
  get requestId(): string {
    const root = this.#root;
    root.#requestId ??= crypto.randomUUID();
    return root.#requestId;
  }

  set requestId(id: string) {
    this.#root.#requestId = id;
  }

  get<T>(key: ContextKey<T>): T | undefined {
    return this.#state?.get(key.symbol) as T | undefined;
  }

  set<T>(key: ContextKey<T>, value: T): void {
    this.#state ??= new Map();
    this.#state.set(key.symbol, value);
  }

  /** Aborted when the client is gone; its reason is a GatewayError. Made at first use. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason);
    }
    return this.#abort.signal;
  }

  /** Ends the request, or of a fork that one attempt: whatever waits for it fails with the reason. */
  abort(reason: GatewayError): void {
    if (this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    this.error = reason;
    this.#abort?.abort(reason);
    this.inFlight?.cancel(reason);
    if (this.#forks !== undefined) for (const fork of this.#forks) fork.abort(reason);
  }

  /**
   * A record of the same request for one attempt: with a target, a signal and an end of its own, for a layer that gives up
   * an attempt or makes two at a time. Request, id, counts and values are shared. It is aborted together with this one.
   */
  fork(): Context {
    const fork = new Context(this.request, this.startedAt, this.#root);
    fork.route = this.route;
    fork.params = this.params;
    fork.service = this.service;
    fork.principal = this.principal;
    fork.downstream = this.downstream;
    fork.upgrade = this.upgrade;
    fork.trace = this.trace;
    fork.#upstreamPath = this.#upstreamPath;
    fork.#upstreamQuery = this.#upstreamQuery;
    this.#state ??= new Map();
    fork.#state = this.#state;
    this.#forks ??= [];
    this.#forks.push(fork);
    if (this.#abortReason !== undefined) fork.abort(this.#abortReason);
    return fork;
  }

  /** The attempt of that fork is the one that counts: its target and times become those of the request. */
  join(fork: Context): void {
    this.service = fork.service;
    this.target = fork.target;
    this.selected = fork.selected;
    this.upstreamRepliedAt = fork.upstreamRepliedAt;
  }

  /**
   * The record of another request that goes the same way, with the same id: on its own from here on, so that neither ends
   * or changes the other.
   */
  detached(request: GatewayRequest): Context {
    const other = new Context(request, performance.now());
    other.#isDetached = true;
    other.route = this.route;
    other.params = this.params;
    other.principal = this.principal;
    other.trace = this.trace?.root;
    other.#upstreamPath = this.#upstreamPath;
    other.#upstreamQuery = this.#upstreamQuery;
    other.requestId = this.requestId;
    return other;
  }

  /** Whether it is the record of a copy, which no route's `log` phase is told of. */
  get isDetached(): boolean {
    return this.#root.#isDetached;
  }

  get isAborted(): boolean {
    return this.#abortReason !== undefined;
  }
}

/** What may stand in a request line: visible ASCII, no "?" in a path, no "#". */
const PATH = /^(?:\/[\x21\x22\x24-\x3e\x40-\x7e]*|\*)$/;
const QUERY = /^[\x21\x22\x24-\x7e]*$/;

const NONE_TRIED: readonly SelectedTarget[] = Object.freeze([]);
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});
