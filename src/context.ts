import type { ErrorCode, ErrorSource, GatewayError } from "./errors.ts";
import type { HeaderList } from "./message/headers.ts";
import type { Reply } from "./message/reply.ts";
import type { GatewayRequest } from "./message/request.ts";
import type { UpgradeOffer } from "./message/tunnel.ts";

/** The route that a request matched, as plugins see it. */
export interface RouteInfo {
  /** Its `name`, or one made of its methods and path. */
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

/** How a request ended; what `log` plugins are told after the last byte. */
export interface Outcome {
  /** Sent to the client; 499 if it left before there was a reply. */
  readonly status: number;
  /** Bytes of the request's body as received, and of the reply's body as sent; of a tunnel those each way. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From the request's head to the last byte sent, in ms. */
  readonly durationMs: number;
  /** From the first attempt to the upstream's reply head, in ms; undefined if no attempt was made. */
  readonly upstreamMs: number | undefined;
  /** Attempts sent to an upstream. */
  readonly attempts: number;
  readonly errorCode: ErrorCode | undefined;
  readonly errorSource: ErrorSource | undefined;
}

/** The route's way through the phases, as far as a request needs it after it has set out. */
export interface RequestPipeline {
  fail(ctx: Context, error: unknown): Reply | Promise<Reply>;
  finish(ctx: Context, outcome: Outcome): void;
}

/** Something that is under way for a request, and stops when its client is gone. */
export interface Cancellable {
  cancel(reason: GatewayError): void;
}

/** The client's side of a request, as far as others than the edge need it. */
export interface Downstream {
  /** Sends an interim response, 102 to 199, ahead of the reply (RFC 9110 §15.2); where the protocol has none, nothing. */
  inform(status: number, reason: string, headers: HeaderList): void;
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
  selected: { readonly url: string } | undefined = undefined;
  /** The attempt under way; for the core alone. */
  inFlight: Cancellable | undefined = undefined;
  /** The way that the request goes; for the core alone. */
  pipeline: RequestPipeline | undefined = undefined;
  /** For interim responses; undefined where nobody can take them. */
  downstream: Downstream | undefined = undefined;
  /** What the client offers to switch to, and the route allows; for the core alone. */
  upgrade: UpgradeOffer | undefined = undefined;
  /** Attempts sent so far. */
  attempts = 0;
  /** Start of the first attempt, and arrival of the latest reply head, on the clock of `startedAt`. */
  upstreamStartedAt = 0;
  upstreamRepliedAt = 0;
  /** The error that ended the request, if any. */
  error: GatewayError | undefined = undefined;

  #upstreamPath: string;
  #upstreamQuery: string | undefined;
  #requestId: string | undefined = undefined;
  #state: Map<symbol, unknown> | undefined = undefined;
  #abort: AbortController | undefined = undefined;
  #abortReason: GatewayError | undefined = undefined;

  constructor(request: GatewayRequest, startedAt: number) {
    this.request = request;
    this.startedAt = startedAt;
    this.#upstreamPath = request.path;
    this.#upstreamQuery = request.query;
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
    this.#requestId ??= crypto.randomUUID();
    return this.#requestId;
  }

  set requestId(id: string) {
    this.#requestId = id;
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

  /** Called by the edge, at most once. */
  abort(reason: GatewayError): void {
    this.#abortReason = reason;
    this.error = reason;
    this.#abort?.abort(reason);
    this.inFlight?.cancel(reason);
  }

  get isAborted(): boolean {
    return this.#abortReason !== undefined;
  }
}

/** A typed key of per-request state; make it once, at load. */
export interface ContextKey<T> {
  readonly symbol: symbol;
  /** Never set: it carries the type. */
  readonly valueType?: T;
}

export function contextKey<T>(name: string): ContextKey<T> {
  return { symbol: Symbol(name) };
}

/** What may stand in a request line: visible ASCII, no "?" in a path, no "#". */
const PATH = /^(?:\/[\x21\x22\x24-\x3e\x40-\x7e]*|\*)$/;
const QUERY = /^[\x21\x22\x24-\x7e]*$/;

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});
