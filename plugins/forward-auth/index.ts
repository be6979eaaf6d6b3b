import {
  Body,
  type Context,
  Duration,
  definePlugin,
  GatewayError,
  HeaderList,
  headerName,
  httpUrl,
  type OutgoingAnswer,
  Reply,
  Size,
  sameNames,
  seldom,
  Type,
  wordsOf,
} from "../../src/plugin.ts";
import { Decisions, type Lines } from "./decisions.ts";
import { describe } from "./describe.ts";
import { replyNames, requestNames, responseNames } from "./names.ts";
import { allParts, keyPart, questionHeaders } from "./question.ts";

const WARN_MS = 10_000;
const MAX_CACHE_MS = 3_600_000;

const Names = (preset: readonly string[], description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { default: [...preset], maxItems: 50, description });
const Name = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));

/** Lets a service of yours decide about each request. */
export default definePlugin({
  name: "forward-auth",
  description:
    "Asks a service of yours about each request: its 2xx lets it through, anything else is the client's reply.",
  options: Type.Object({
    url: Type.String({ description: "URL that is asked." }),
    method: Type.Union([Type.Literal("GET"), Type.Literal("HEAD"), Type.Literal("POST")], {
      default: "GET",
      description: "Method of the question. It never has a body.",
    }),
    "request-headers": Names(["authorization", "cookie"], "Headers of the request that go with the question."),
    "response-headers": Names([], "Headers of a yes that the service gets. A client's own of that name are removed."),
    "reply-headers": Names(
      ["content-type", "location", "retry-after", "set-cookie", "www-authenticate"],
      "Headers of a no that the client gets.",
    ),
    "reply-limit": Size({ default: "64kb", description: "Bytes of a no's body; a longer one is left out." }),
    "principal-header": Name("Header of a yes that has the principal's id. A yes without it then lets nobody through."),
    "scopes-header": Name("Header of a yes that has the principal's scopes, with blanks between."),
    timeout: Duration({ default: "1s", description: "For an answer." }),
    failure: Type.Union([Type.Literal("deny"), Type.Literal("allow")], {
      default: "deny",
      description: "Without an answer, or with a 5xx: 503, or let the request through.",
    }),
    cache: Type.Optional(
      Type.Object(
        {
          ttl: Duration({ description: "How long a yes is remembered; at most 1h." }),
          by: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              minItems: 1,
              description:
                "What decisions depend on: names of headers, :method, :host, :path, :query, :client. All that is asked unless told.",
            }),
          ),
        },
        { additionalProperties: false, description: "Remember each yes for a while." },
      ),
    ),
  }),
  describe,
  setup(options, scope) {
    const { method, timeout, failure, cache, "reply-limit": maxBytes } = options;
    const url = httpUrl("url", options.url).href;
    const asked = requestNames(options["request-headers"]);
    const copied = responseNames(options["response-headers"]);
    const shown = replyNames(options["reply-headers"]);
    const idHeader = options["principal-header"] && headerName("principal-header", options["principal-header"]);
    const scopesHeader = options["scopes-header"] && headerName("scopes-header", options["scopes-header"]);
    if (scopesHeader !== undefined && idHeader === undefined)
      throw new Error("scopes-header: say whose, with principal-header");
    if (cache !== undefined && cache.ttl > MAX_CACHE_MS) throw new Error("cache.ttl: expected at most 1h");
    const kept = [...new Set([...copied, idHeader, scopesHeader])].filter((name) => name !== undefined);
    const isTaken = sameNames(kept);
    const parts = cache && (cache.by ?? allParts(asked)).map(keyPart);
    // What was decided by other options is not known to be right by these: it does not outlive this instance.
    const decisions = new Decisions();
    const warnSeldom = seldom(WARN_MS, scope.now);

    const pass = (ctx: Context, lines: Lines): undefined => {
      let id: string | undefined;
      let scopes: readonly string[] = [];
      for (const [name, value] of lines) {
        if (name === idHeader) id = value;
        if (name === scopesHeader) scopes = wordsOf(value);
        if (copied.includes(name)) ctx.request.headers.append(name, value);
      }
      if (id !== undefined) ctx.principal = { id, source: "forward-auth", scopes, claims: NO_CLAIMS };
      return undefined;
    };

    /** Without a decision: the request is refused or let through, as the options say. */
    const fail = (cause: unknown): undefined => {
      if (cause instanceof GatewayError) throw cause;
      warnSeldom(() =>
        scope.log.warn("the service that decides does not answer as it should", { failure, error: cause }),
      );
      if (failure === "deny") throw new GatewayError("identity_unavailable", { cause });
      return undefined;
    };

    const decide = (ctx: Context, answer: OutgoingAnswer, key: string | undefined): Reply | undefined => {
      if (answer.status >= 500 || answer.status < 200) return fail(`it answers ${answer.status}`);
      if (answer.status >= 300) return replyOf(answer, shown);
      const lines = linesOf(answer.headers, kept);
      if (lines === undefined) return fail("a header of its answer cannot be passed on");
      if (idHeader !== undefined && !lines.some(([name, value]) => name === idHeader && value !== "")) {
        return fail(`its yes has no ${idHeader}`);
      }
      if (cache !== undefined && key !== undefined) decisions.remember(key, lines, scope.now() + cache.ttl);
      return pass(ctx, lines);
    };

    return {
      authenticate(ctx) {
        const { headers } = ctx.request;
        const question = questionHeaders(ctx, asked);
        const key = parts && decisions.key(parts.map((part) => part(ctx)));
        // What only the deciding service may say: a client's own never gets through, whatever is decided.
        if (kept.length > 0) headers.deleteWhere(isTaken);
        const known = key === undefined ? undefined : decisions.known(key, scope.now());
        if (known !== undefined) return pass(ctx, known.lines);
        const call = { url, method, headers: question, timeoutMs: timeout, maxBytes, signal: ctx.signal };
        return decisions.ask(call).then(
          (answer) => decide(ctx, answer, key),
          (error) => (ctx.isAborted ? Promise.reject(ctx.error) : fail(error)),
        );
      },
    };
  },
});

const NO_CLAIMS = Object.freeze({});

/** Undefined if one of them cannot be a line of a request. */
function linesOf(headers: Headers, names: readonly string[]): Lines | undefined {
  const lines = names.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  try {
    HeaderList.of(lines);
    return lines;
  } catch {
    return undefined;
  }
}

/** The answer as the client gets it: status, the headers that were chosen, and its body unless that is too long. */
function replyOf({ status, headers, body }: OutgoingAnswer, shown: ReadonlySet<string>): Reply {
  const list = new HeaderList();
  for (const [name, value] of headers) if (shown.has(name)) list.append(name, value);
  const encoding = headers.get("content-encoding");
  const hasBody = status !== 304 && body !== undefined;
  if (hasBody && encoding !== null) list.append("content-encoding", encoding);
  list.set("cache-control", headers.get("cache-control") ?? "no-store");
  return new Reply(status, list, hasBody ? Body.of(body) : Body.empty);
}
