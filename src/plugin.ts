/**
 * The plugin contract: everything a plugin may import. A plugin is one file with a default export made by
 * `definePlugin`; `docs/plugins.md` walks through writing one.
 */
import type { Static, TSchema } from "@sinclair/typebox";
import type { AnyElysia } from "elysia";
import type { Outcome } from "./context/outcome.ts";
import type { Context, RouteInfo } from "./context.ts";
import type { PendingCheck } from "./identity/pending-check.ts";
import type { PendingFilter } from "./message/pending.ts";
import type { Reply } from "./message/reply.ts";
import type { TargetWatch } from "./observe/circuit.ts";
import type { Explanation } from "./observe/explanation.ts";
import type { LimiterReport } from "./observe/limiter-report.ts";
import type { Logger } from "./observe/logger.ts";
import type { PluginMetrics } from "./observe/metrics/plugin.ts";
import type { Drift } from "./openapi/drift.ts";
import type { OperationTable } from "./openapi/operation-table.ts";
import type { PluginPolicy, PolicyPlace } from "./policy/plugin-policy.ts";
import type { LocalStore, Store } from "./store/store.ts";

export { type Static, type TSchema, Type } from "@sinclair/typebox";
export { Cidr } from "./config/cidr-schema.ts";
export { type DataProblem, readDataFile } from "./config/data-file.ts";
export { type Decoded, decodeValue } from "./config/decode.ts";
export { FilePath } from "./config/file-path.ts";
export { ServiceName } from "./config/service-name.ts";
export { Duration, Share, Size } from "./config/units.ts";
export { type WatchedFile, watchFile } from "./config/watched-file.ts";
export { type ContextKey, contextKey } from "./context/key.ts";
export type { Outcome } from "./context/outcome.ts";
export type { RequestTrace } from "./context/trace.ts";
export type { Context, Principal, RouteInfo } from "./context.ts";
export { type ErrorCode, type ErrorDetail, GatewayError } from "./errors.ts";
export { isHopByHop } from "./http1/hop.ts";
export { CHANGES, KeyBusyError, type KeyPage, KeyRing } from "./identity/api-key/key-ring.ts";
export { hashOf, idOf, KEY_ID, KEY_SEED, type NewKey } from "./identity/api-key/key-text.ts";
export { HOLDER, readKeysFile } from "./identity/api-key/keys-file.ts";
export { judge, type KeyRecord, type KeyVerdict, keyReport, principalOf } from "./identity/api-key/record.ts";
export { bearerError, noBearer } from "./identity/challenge.ts";
export { type Claims, readClaim, wordsAt, wordsOf } from "./identity/claims.ts";
export { readCookies } from "./identity/cookies.ts";
export { type Credential, type CredentialPlaces, compileCredential } from "./identity/credential.ts";
export { createKeyedHash, isSameSecret, sha256 } from "./identity/digest.ts";
export { type ClaimHeaders, compileClaimHeaders } from "./identity/forward-claims.ts";
export { Gate } from "./identity/gate.ts";
export { headerName, sameNames } from "./identity/header-names.ts";
export { httpUrl } from "./identity/http-url.ts";
export { callOut, type OutgoingAnswer, type OutgoingCall, OutgoingError } from "./identity/outgoing.ts";
export { PendingCheck } from "./identity/pending-check.ts";
export { type RememberBounds, Remembered } from "./identity/remembered.ts";
export { parseRevocation, type RevocationRequest, tokenDigest } from "./identity/revocation.ts";
export { RevocationCopy } from "./identity/revocation-copy.ts";
export { compileJtiKey, DEFAULT_JTI_KEY } from "./identity/revocation-keys.ts";
export { createRevocations, type Revocations } from "./identity/revocations.ts";
export {
  isRevokedBy,
  isRevokedIn,
  type RevocationQuery,
  revocationQuery,
  type TokenMarks,
} from "./identity/revoked-token.ts";
export { seldom } from "./identity/seldom.ts";
export { SharedCalls } from "./identity/shared-calls.ts";
export { compileKey, type KeyOf, type KeyPlace, keyText } from "./keys/compile.ts";
export { Ipv6Prefix, type KeySpec, RequestKey } from "./keys/schema.ts";
export { backgroundOf } from "./message/background.ts";
export { Body } from "./message/body.ts";
export { CidrSet } from "./message/cidr.ts";
export { HeaderList } from "./message/headers.ts";
export { PassingBody } from "./message/passing.ts";
export { canonicalPath } from "./message/path.ts";
export { type FilterReceiver, PendingFilter } from "./message/pending.ts";
export { isPreflight } from "./message/preflight.ts";
export { PreparedFields } from "./message/prepared.ts";
export { Reply } from "./message/reply.ts";
export type { GatewayRequest, Peer, PeerCertificate } from "./message/request.ts";
export type { BodySink, BodySource } from "./message/source.ts";
export { type OnCopied, Tee } from "./message/tee.ts";
export type { CircuitReport, TargetWatch } from "./observe/circuit.ts";
export { Episode } from "./observe/episode.ts";
export type { Explanation } from "./observe/explanation.ts";
export type { LimiterReport } from "./observe/limiter-report.ts";
export type { Logger } from "./observe/logger.ts";
export type { Counter, CounterSeries } from "./observe/metrics/counter.ts";
export type { Gauge, GaugeSeries } from "./observe/metrics/gauge.ts";
export type { DistributionSeries, Histogram } from "./observe/metrics/histogram.ts";
export type { PluginMetrics } from "./observe/metrics/plugin.ts";
export { copyNode } from "./openapi/copy.ts";
export { readOperations } from "./openapi/document-file.ts";
export type { Drift, DriftKind } from "./openapi/drift.ts";
export type { Kind } from "./openapi/grammar.ts";
export {
  type Draft,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  pointerToken,
  textAt,
} from "./openapi/json.ts";
export type { Documented, DocumentedOperation, OperationTable } from "./openapi/operation-table.ts";
export type { Component, Source } from "./openapi/source.ts";
export { CHALLENGED, credentialSchemes, RETRY_AFTER, TWO_CREDENTIALS } from "./policy/credential-policy.ts";
export type {
  AnswerHeader,
  JsonValue,
  PluginPolicy,
  PluginRefusal,
  PluginReply,
  PluginSecurity,
  PolicyPlace,
  SecurityScheme,
} from "./policy/plugin-policy.ts";
export { counted, durationText, keyWords, sizeText } from "./policy/words.ts";
export { StoreError, type StoreFailure } from "./store/error.ts";
export { groupKey, storeKey } from "./store/key.ts";
export { KeyGroup } from "./store/key-group.ts";
export { type Charge, type LimitOptions, type LimitPolicy, limitPolicy, type Taken } from "./store/limit.ts";
export type { Lease, LocalStore, Lock, Store, Subscriber, TakeRequest, Wait, Write } from "./store/store.ts";
export { tellAll } from "./store/tell-all.ts";
export { MAX_TIMER_MS, Timeout, type TimeoutOwner, type TimeoutQueue, timeoutQueue } from "./timeouts.ts";

export type Awaitable<T> = T | Promise<T>;

/** Undefined lets a request pass; a reply answers it. */
export type FilterAnswer = Reply | Response | undefined;
/** Looks at a request on its way in. Returning a reply answers it: no later phase but `response` and `log` runs. */
export type Filter = (ctx: Context) => Awaitable<FilterAnswer> | PendingFilter;
/** The same, and makes a check of the filter before it: whatever comes of the check is what comes of the request first. */
export type CheckedFilter = (ctx: Context, check: PendingCheck) => PendingFilter;
/** Answers a request. A failure is thrown, as a GatewayError where its code is known. */
export type Handler = (ctx: Context) => Awaitable<Reply>;
/** Wraps a handler; composed once, when the configuration is loaded. It may call `next` any number of times. */
export type Layer = (next: Handler) => Handler;

/** What a plugin does, phase by phase, in the order in which the phases run. Leave out what it does not do. */
export interface Phases {
  /** Before anyone is authenticated. */
  readonly request?: Filter;
  /** Finds out who is calling: sets `ctx.principal`, or refuses. */
  readonly authenticate?: Filter;
  /** Refuses what is too much or not valid. */
  readonly limit?: Filter;
  /** No phase, but what `limit` does where the filter before it has left a check: it asks the store for both at once. */
  readonly limitWith?: CheckedFilter;
  /** Around everything that follows; may answer without the upstream. */
  readonly cache?: Layer;
  /** Around all attempts. */
  readonly forward?: Layer;
  /** No phase, but what is asked before each target is chosen; one object for all instances that share what it knows. */
  readonly watch?: TargetWatch;
  /** Around one attempt at one target; `ctx.target` is chosen. */
  readonly attempt?: Layer;
  /** No phase: what an instance that limits its service tells of that on the admin port; it must not wait. */
  readonly limiter?: () => LimiterReport;
  /**
   * No phase: what this instance would do with the request, for `gateway explain`. It asks no store and no service and counts
   * nothing; `ctx.principal` it may set, as `authenticate` would.
   */
  readonly explain?: (ctx: Context) => Awaitable<Explanation>;
  /** Changes the reply, also a refusal or an error, before its first byte is sent. */
  readonly response?: (ctx: Context, reply: Reply) => Awaitable<Reply>;
  /** Told how it ended, once a request, after the last byte; it must not wait. */
  readonly log?: (ctx: Context, outcome: Outcome) => void;
  /** Called when the configuration that made this instance is replaced or the gateway stops. */
  readonly close?: () => Awaitable<void>;
}

/** What a plugin is lent, and its only way out. */
export interface Scope {
  /** The route that this instance is for; undefined for the instance that serves requests without a route. */
  readonly route: RouteInfo | undefined;
  /** Name of the service; of several weighted ones each has an instance of its own. Undefined without one. */
  readonly service: string | undefined;
  /**
   * Where these options are written: "global", "service NAME" or "route NAME". The same on every gateway and after a
   * restart; all instances of one entry share it.
   */
  readonly site: string;
  /** Folder of the configuration file: relative paths in options start there. */
  readonly directory: string;
  /** Bytes of this process's memory that stored replies may take, all routes together: `cache.memory`. */
  readonly cacheBytes: number;
  /** A value that outlives reloads, shared by all instances of the plugin under this key; `create` makes the first. */
  state<T>(key: string, create: () => T): T;
  /** Wall-clock time in ms since 1970; injected in tests. */
  now(): number;
  readonly log: Logger;
  /** Counters, gauges and histograms for the admin port, under the plugin's name; they outlive reloads. */
  readonly metrics: PluginMetrics;
  /**
   * What all gateways share: Redis if one is configured, else the memory of this gateway. All instances of the plugin
   * share one part of it, whose keys never meet those of other plugins.
   */
  readonly store: Store;
  /** The memory of this gateway alone, whatever `store` is: nothing in it waits, and nobody else sees it. */
  readonly local: LocalStore;
  /**
   * Sends requests to another service of the configuration: one attempt, without the plugins of that service. Throws an
   * Error at load if there is none of that name.
   */
  toService(name: string): Handler;
  /**
   * What the document of the service says of its operations, by what the service is asked for; undefined while the gateway has
   * none. Another object as soon as it has a newer one: ask for it with each request.
   */
  readonly operations: OperationTable | undefined;
  /**
   * Resolves when a large document that is known by now is read, and `operations` has it; undefined if there is nothing to wait for. To ask
   * for either begins that: who needs them asks at setup, too.
   */
  readonly operationsReady: Promise<void> | undefined;
  /** Where to note what is seen in traffic and is not in a service's document: it is in the gateway's report of the documents. */
  readonly drift: Drift;
  /** Aborted when this instance is closed. */
  readonly signal: AbortSignal;
  /** Routes added here are served on the admin port under /api/plugins/NAME, behind its token. */
  readonly admin: AnyElysia;
}

export interface Plugin<O extends TSchema = TSchema> {
  /** Kebab-case; the key in the YAML. */
  readonly name: string;
  /** One sentence for the reference. */
  readonly description: string;
  /** Checked against the YAML, at its line; defaults are filled in before `setup`. */
  readonly options: O;
  /** True if it can answer every request itself, so that its route needs no service. */
  readonly answers?: boolean;
  /**
   * True if its `request` phase answers every CORS preflight: those that ask about a request of its route then come to
   * it, also where the route does not take OPTIONS.
   */
  readonly preflights?: boolean;
  /**
   * What these options mean for those who send requests: credentials, refusals, limits. Made into the OpenAPI document. It
   * is asked whenever that is made, sees valid options only, changes nothing and looks nothing up.
   */
  describe?(options: Static<O>, place: PolicyPlace): PluginPolicy;
  /** Called once for each route that has the plugin, at load; throwing refuses the configuration. */
  setup(options: Static<O>, scope: Scope): Awaitable<Phases>;
}

/** Gives a plugin its types. */
export function definePlugin<O extends TSchema>(plugin: Plugin<O>): Plugin<O> {
  return plugin;
}
