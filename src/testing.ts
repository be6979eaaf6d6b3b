/** The test kit for plugin authors: a plugin as the gateway runs it, without a port. */
import { resolve } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import type { AnyElysia } from "elysia";
import { createPluginApps } from "./admin/plugin-apps.ts";
import type { Outcome } from "./context/outcome.ts";
import type { Context, RouteInfo } from "./context.ts";
import { GatewayError } from "./errors.ts";
import { Reply } from "./message/reply.ts";
import type { Json } from "./openapi/json.ts";
import { knownOperations } from "./openapi/known-operations.ts";
import { upgraded } from "./openapi/upgrade.ts";
import { answerOf, composePipeline, type Pipeline } from "./pipeline.ts";
import type { Awaitable, Handler, Phases, Plugin } from "./plugin.ts";
import { createScope } from "./scope.ts";
import type { Store } from "./store/store.ts";
import { counted } from "./testing/counted.ts";
import { createTestLasting, type LogLine, type TestClock, type TestLasting } from "./testing/lasting.ts";
import { readMetrics, type TestMetrics } from "./testing/metrics.ts";
import { decodeOptions } from "./testing/options.ts";
import { createContext, type TestRequest } from "./testing/request.ts";

export type { LogLine, TestClock, TestMetrics, TestRequest };

/** Where the instance is used. */
export interface TestPlace {
  /** Default: a route named "test" with the path "/*". Undefined: the instance for requests without a route. */
  readonly route?: RouteInfo | undefined;
  /** Default: "test". */
  readonly service?: string | undefined;
  /** Where its options are written. Default: "route NAME". */
  readonly site?: string;
  /** Relative paths in options start there. Default: the folder in which the tests were started. */
  readonly directory?: string;
  /** The OpenAPI document of the service, of any version, for `scope.operations`. Default: none. */
  readonly document?: Json;
  /** Play the services that `scope.toService` sends to, by their names. */
  readonly services?: Readonly<Record<string, TestUpstream>>;
}

/** Plays the service; the request's body is in memory by then. */
export type TestUpstream = (ctx: Context) => Awaitable<Reply | Response>;

export interface TestResult {
  /** What the client gets; its body is in memory, unless it has failed. */
  readonly reply: Reply;
  readonly ctx: Context;
  /** What was logged meanwhile. */
  readonly logs: readonly LogLine[];
  /** What the `log` phase was told. */
  readonly outcome: Outcome;
}

/** One instance of a plugin under test. */
export interface PluginTest {
  /** What `setup` returned, to call a phase by itself. */
  readonly phases: Phases;
  /** Stands still until it is moved; `scope.now()` reads it. */
  readonly clock: TestClock;
  /** All that was logged, by instances of `again` too. */
  readonly logs: readonly LogLine[];
  /** What it has counted, instances of `again` too. */
  readonly metrics: TestMetrics;
  /** What it keeps in the store, instances of `again` too. */
  readonly store: Store;
  /** `admin.handle(new Request(…))` asks an endpoint that the plugin has added. */
  readonly admin: AnyElysia;
  /** The record of a request, to call a phase by itself. */
  context(request?: TestRequest): Context;
  /** Sends a request through all phases in their order. Without an `upstream` the service says 200 and "ok". */
  request(request?: TestRequest, upstream?: TestUpstream): Promise<TestResult>;
  /** Another instance, as a reload or a second route makes one: with the same clock, log and state. */
  again(options?: Readonly<Record<string, unknown>>, place?: TestPlace): Promise<PluginTest>;
  /** Ends the instance: its signal is aborted, its `close` called. */
  close(): Promise<void>;
}

/**
 * Sets a plugin up with options as they are written in the YAML. Rejects if the plugin's schema or its `setup` refuses
 * them.
 */
export function testPlugin<O extends TSchema>(
  plugin: Plugin<O>,
  options: Readonly<Record<string, unknown>> = {},
  place: TestPlace = {},
): Promise<PluginTest> {
  return createTest(plugin, options, place, createTestLasting());
}

/** As much as a gateway has unless told. */
const CACHE_BYTES = 128 * 1_048_576;
const DEFAULT_ROUTE: RouteInfo = { name: "test", path: "/*" };

async function createTest<O extends TSchema>(
  plugin: Plugin<O>,
  options: Readonly<Record<string, unknown>>,
  place: TestPlace,
  lasting: TestLasting,
): Promise<PluginTest> {
  const directory = resolve(place.directory ?? ".");
  const route = "route" in place ? place.route : DEFAULT_ROUTE;
  const service = "service" in place ? place.service : "test";
  if (service !== undefined && place.document !== undefined) {
    knownOperations(lasting).put(service, upgraded(place.document));
  }
  const abort = new AbortController();
  const apps = createPluginApps(lasting.log);
  const base = {
    directory,
    signal: abort.signal,
    lasting,
    cacheBytes: CACHE_BYTES,
    toService: serviceOf(place),
    adminOf: apps.of,
  };
  const site = place.site ?? `route ${route?.name}`;
  const scope = createScope({ key: plugin.name, name: plugin.name }, route, service, site, base);
  const phases = await plugin.setup(decodeOptions(plugin, options, directory), scope);
  return {
    phases,
    clock: lasting.clock,
    logs: lasting.logs,
    metrics: readMetrics(lasting.metrics, plugin.name),
    store: lasting.store.of(plugin.name),
    get admin() {
      return apps.of(plugin.name);
    },
    context: (request = {}) => createContext(request, route, service),
    request: (request = {}, upstream = sayOk) => run(phases, createContext(request, route, service), upstream, lasting),
    again: (nextOptions = options, nextPlace = place) => createTest(plugin, nextOptions, nextPlace, lasting),
    async close() {
      abort.abort();
      await phases.close?.();
    },
  };
}

function serviceOf({ services = {} }: TestPlace): (name: string) => Handler {
  return (name) => {
    const upstream = services[name];
    if (upstream === undefined) throw new Error(`there is no service ${JSON.stringify(name)}`);
    return sendTo(upstream);
  };
}

function sayOk(): Reply {
  return Reply.text(200, "ok");
}

async function run(phases: Phases, ctx: Context, upstream: TestUpstream, { logs }: TestLasting): Promise<TestResult> {
  const logsBefore = logs.length;
  const { body } = ctx.request;
  let bytesIn = body.inMemory?.byteLength ?? 0;
  ctx.request.body = body.through((source) => counted(source, (bytes) => (bytesIn += bytes)));
  const pipeline = pipelineTo(upstream, phases);
  const reply = await answerOf(pipeline, ctx);
  const bytesOut = await receive(reply, ctx);
  const outcome: Outcome = {
    status: reply.status,
    bytesIn,
    bytesOut,
    durationMs: performance.now() - ctx.startedAt,
    upstreamMs: ctx.upstreamRepliedAt === 0 ? undefined : ctx.upstreamRepliedAt - ctx.upstreamStartedAt,
    attempts: ctx.attempts,
    errorCode: ctx.error?.code,
    errorSource: ctx.error?.source,
  };
  pipeline.finish(ctx, outcome);
  return { reply, ctx, logs: logs.slice(logsBefore), outcome };
}

function pipelineTo(upstream: TestUpstream, phases: Phases): Pipeline {
  const select = (ctx: Context) => {
    ctx.target = "http://upstream.test";
  };
  return composePipeline([phases], { select, send: sendTo(upstream) }, "problem");
}

function sendTo(upstream: TestUpstream): (ctx: Context) => Promise<Reply> {
  return async (ctx) => {
    ctx.attempts++;
    if (ctx.upstreamStartedAt === 0) ctx.upstreamStartedAt = performance.now();
    await ctx.request.body.bytes(Number.POSITIVE_INFINITY);
    const answer = await upstream(ctx);
    ctx.upstreamRepliedAt = performance.now();
    return answer instanceof Response ? Reply.from(answer) : answer;
  };
}

/** Reads the reply as a client would; answers the bytes of its body. */
async function receive(reply: Reply, ctx: Context): Promise<number> {
  if (ctx.request.method === "HEAD") return 0;
  let bytesOut = reply.body.inMemory?.byteLength ?? 0;
  reply.body = reply.body.through((source) => counted(source, (bytes) => (bytesOut += bytes)));
  try {
    await reply.body.bytes(Number.POSITIVE_INFINITY);
  } catch (error) {
    ctx.error ??= GatewayError.from(error);
  }
  return bytesOut;
}
