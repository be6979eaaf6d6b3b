import { type Context, definePlugin, GatewayError, Reply, type RouteInfo, Type } from "../src/plugin.ts";

const STATUSES = [301, 302, 303, 307, 308] as const;

/** Sends clients elsewhere. */
export default definePlugin({
  name: "redirect",
  description: "Sends clients to another path or URL, or from http to https.",
  options: Type.Object({
    to: Type.Optional(
      Type.String({
        description:
          "A path (/new/:id) or an http(s) URL (https://example.com/*). In its path and query :name and * are what the route's path matched, $1 and $<name> a regular expression's groups. Default, with scheme: the same host and path.",
      }),
    ),
    status: Type.Union(
      STATUSES.map((status) => Type.Literal(status)),
      {
        default: 308,
        description: "308 and 307 keep the method and body; 301 and 302 often do not; 303 makes it GET.",
      },
    ),
    "keep-query": Type.Boolean({ default: true, description: "Take the request's query along." }),
    scheme: Type.Optional(
      Type.Literal("https", { description: "Redirect requests that came by http alone; others pass." }),
    ),
  }),
  answers: true,
  describe: ({ scheme, status }) => ({
    replies: [
      {
        status,
        description: scheme === undefined ? "It is somewhere else." : "Requests by http are sent on to https.",
        headers: { Location: { description: "Where it is." } },
      },
    ],
  }),
  setup(options, { route }) {
    const { to, status, scheme, "keep-query": keepsQuery } = options;
    if (to === undefined && scheme === undefined) throw new Error("say where to: give to, or scheme: https");
    const location = to === undefined ? sameOverHttps : compileTemplate(to, route);
    return {
      request(ctx) {
        const { request } = ctx;
        if (scheme === "https" && request.scheme === "https") return undefined;
        const reply = new Reply(status);
        reply.headers.set("location", location(ctx, keepsQuery ? request.query : undefined));
        return reply;
      },
      explain(ctx) {
        const { request } = ctx;
        if (scheme === "https" && request.scheme === "https") return { verdict: "passes", reason: "it came by https" };
        const target = location(ctx, keepsQuery ? request.query : undefined);
        return { verdict: "answers", status, reason: `it is at ${target}` };
      },
    };
  },
});

/** Where a request goes, with this much of its query. */
type Locate = (ctx: Context, query: string | undefined) => string;

/** A port is left out: the one of http would be wrong. */
function sameOverHttps({ request }: Context, query: string | undefined): string {
  if (request.host === "") throw new GatewayError("bad_request", { detail: "A Host is needed here" });
  return `https://${request.host.replace(PORT, "")}${inPath(request.path)}${queryText(query)}`;
}

const PORT = /:\d*$/;

/** Origin, path, query and fragment. A path that begins with two slashes would be another origin. */
const TARGET =
  /^(https?:\/\/(?:[a-z0-9_~-]+(?:\.[a-z0-9_~-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?)?(\/(?![/\\])[^?#\\]*)?(?:\?([^#]*))?(#.*)?$/i;

function compileTemplate(to: string, route: RouteInfo | undefined): Locate {
  const text = to.toWellFormed().replace(/[^\0-\x7f]+/g, encodeURIComponent);
  const [, origin = "", path = "", ownQuery, fragment = ""] = TARGET.exec(text) ?? [];
  if (origin + path === "" || !/^[\x21-\x7e]+$/.test(text)) {
    const forms =
      "a path (/new/:id) or an http(s) URL (https://example.com/new/*) with parameters after the host alone";
    throw new Error(`to: expected ${forms}, found ${JSON.stringify(to)}`);
  }
  const names = route && namesOf(route.path);
  const renderPath = compileText(path === "" ? "/" : path, names, inPath);
  const renderQuery = ownQuery === undefined ? undefined : compileText(ownQuery, names, inQuery);
  return ({ params }, query) => {
    const rendered = renderPath(params);
    // A parameter must not make "//host" of a path, for that is another origin.
    const safe = origin === "" ? rendered.replace(LEADING_SLASHES, "/") : rendered;
    return origin + safe + queryText(renderQuery?.(params), query) + fragment;
  };
}

const LEADING_SLASHES = /^\/{2,}/;

type Params = Readonly<Record<string, string>>;

/** As in a route's `rewrite`: a sign that begins no name is written twice. */
const PARAMETER = /(::|\$\$|:[A-Za-z_]\w*|\$<[A-Za-z_]\w*>|\$\d+|\*)/;

function compileText(
  text: string,
  names: ReadonlySet<string> | undefined,
  encode: (value: string) => string,
): (params: Params) => string {
  const parts = text.split(PARAMETER).map((part, i) => {
    const isText = i % 2 === 0;
    if (isText || part === "::" || part === "$$") return isText ? part : part.charAt(0);
    return { name: part.replace(/[:$<>]/g, "") };
  });
  for (const part of parts) {
    if (typeof part === "string" || names === undefined || names.has(part.name)) continue;
    throw new Error(
      `to: the route's path has no ${part.name === "*" ? "*" : `parameter ${JSON.stringify(part.name)}`}`,
    );
  }
  return (params) => {
    let result = "";
    for (const part of parts) result += typeof part === "string" ? part : encode(params[part.name] ?? "");
    return result;
  };
}

/** What a match of the route's path gives. */
function namesOf(path: string): ReadonlySet<string> {
  if (path.startsWith("~")) {
    const match = new RegExp(`${path.slice(1)}|`).exec("");
    const groups = [...(match?.keys() ?? [])].slice(1).map(String);
    return new Set([...groups, ...Object.keys(match?.groups ?? {})]);
  }
  const segments = path.split("/");
  const names = segments.flatMap((segment) => (segment.startsWith(":") ? segment.slice(1) : []));
  return new Set(segments.at(-1) === "*" ? [...names, "*"] : names);
}

/** RFC 3986 §3.3: what else a value holds is percent-encoded; its escapes stay as they are. */
function inPath(value: string): string {
  return value.replace(/[^\w.~!$&'()*+,;=:@/%-]/g, encodeURIComponent);
}

/** As in a path, and what separates the fields of a form is percent-encoded too. */
function inQuery(value: string): string {
  return value.replace(/[^\w.~!$'()*,:@/%-]+/g, encodeURIComponent);
}

function queryText(first: string | undefined, second?: string): string {
  if (first === undefined || first === "") return second === undefined || second === "" ? "" : `?${second}`;
  return second === undefined || second === "" ? `?${first}` : `?${first}&${second}`;
}
