import {
  type Context,
  contextKey,
  Duration,
  definePlugin,
  type HeaderList,
  type Outcome,
  Type,
} from "../src/plugin.ts";

const Headers = (whose: string) =>
  Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description: `Headers of the ${whose} that are noted too.`,
  });

/** Writes one line a request to the gateway's log. */
export default definePlugin({
  name: "access-log",
  description: "Writes one line a request: what was asked, who answered, how it ended and how long it took.",
  options: Type.Object({
    query: Type.Boolean({ default: false, description: "Note the query string; it may hold secrets." }),
    "request-headers": Headers("request"),
    "reply-headers": Headers("reply"),
    slow: Type.Optional(
      Duration({ description: "A request that takes at least this long is noted at level warn instead of info." }),
    ),
    exclude: Type.Object(
      {
        paths: Type.Array(Type.String({ pattern: "^/", expected: "a path that begins with /" }), {
          default: [],
          description: "Paths: exact, or with all below them (/health/*).",
        }),
        routes: Type.Array(Type.String(), { default: [], description: "Names of routes." }),
        statuses: Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), { default: [], description: "Statuses." }),
      },
      { default: {}, additionalProperties: false, description: "Requests that are not noted, however they end." },
    ),
  }),
  setup(options, { log, route }) {
    const { query: withQuery, slow = Number.POSITIVE_INFINITY, exclude } = options;
    if (route !== undefined && exclude.routes.includes(route.name)) return {};
    const requestNames = lowerCased(options["request-headers"]);
    const replyNames = lowerCased(options["reply-headers"]);
    const isExcludedPath = pathTest(exclude.paths);
    const excludedStatuses = new Set(exclude.statuses);
    const replyHeaders = contextKey<Picked>("reply headers to log");

    function write(ctx: Context, outcome: Outcome): void {
      const { request } = ctx;
      if (excludedStatuses.has(outcome.status) || isExcludedPath(request.path)) return;
      const isFailure = hasFailed(outcome);
      const fields = {
        requestId: ctx.requestId,
        method: request.method,
        path: request.path,
        query: withQuery ? request.query : undefined,
        route: ctx.route?.name,
        service: ctx.service,
        target: ctx.target,
        status: outcome.status,
        bytesIn: outcome.bytesIn,
        bytesOut: outcome.bytesOut,
        durationMs: rounded(outcome.durationMs),
        upstreamMs: outcome.upstreamMs === undefined ? undefined : rounded(outcome.upstreamMs),
        attempts: outcome.attempts,
        errorCode: outcome.errorCode,
        errorSource: outcome.errorSource,
        error: isFailure ? ctx.error : undefined,
        client: request.peer.clientAddress,
        traceId: ctx.trace?.traceId,
        spanId: ctx.trace?.isSampled === true ? ctx.trace.spanId : undefined,
        requestHeaders: requestNames.length === 0 ? undefined : pick(request.headers, requestNames),
        replyHeaders: ctx.get(replyHeaders),
      };
      if (isFailure) log.error("request", fields);
      else if (outcome.durationMs >= slow) log.warn("request", fields);
      else log.info("request", fields);
    }

    if (replyNames.length === 0) return { log: write };
    return {
      response(ctx, reply) {
        ctx.set(replyHeaders, pick(reply.headers, replyNames));
        return reply;
      },
      log: write,
    };
  },
});

type Picked = Readonly<Record<string, string>>;

/** What the gateway or the service is to blame for: a status of 5xx, or a reply that broke off. */
function hasFailed({ status, errorSource }: Outcome): boolean {
  return errorSource === undefined ? status >= 500 : errorSource !== "downstream";
}

/** To a hundredth of a millisecond. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

function pick(headers: HeaderList, names: readonly string[]): Picked {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = headers.get(name);
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

function lowerCased(names: readonly string[]): readonly string[] {
  return names.map((name) => name.toLowerCase());
}

/** Whether a path is one of the list; `/x/*` is `/x` and everything below. */
function pathTest(patterns: readonly string[]): (path: string) => boolean {
  const exact = new Set(patterns.map((pattern) => (pattern.endsWith("/*") ? pattern.slice(0, -2) : pattern)));
  const prefixes = patterns.filter((pattern) => pattern.endsWith("/*")).map((pattern) => pattern.slice(0, -1));
  return (path) => {
    if (exact.has(path)) return true;
    for (const prefix of prefixes) if (path.startsWith(prefix)) return true;
    return false;
  };
}
