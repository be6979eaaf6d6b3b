import {
  type Context,
  Duration,
  definePlugin,
  type Explanation,
  GatewayError,
  HeaderList,
  isPreflight,
  Reply,
  type Static,
  Type,
} from "../../src/plugin.ts";
import { addVary, allowedNames } from "./headers.ts";
import { compileOrigins, ORIGIN, type OriginTest } from "./origins.ts";

const HeaderNames = (preset: readonly string[], description: string) =>
  Type.Array(Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", expected: "the name of a header" }), {
    default: preset,
    description,
  });

const Options = Type.Object({
  origins: Type.Array(
    Type.String({
      pattern: ORIGIN,
      expected:
        "an origin as browsers send it (https://app.example.com: lower case, no path), https://*.example.com, *, null or ~ and a regular expression",
    }),
    {
      minItems: 1,
      description:
        "Whose pages may ask: https://app.example.com, https://*.example.com for its subdomains, * for all, null for pages without an origin, or a regular expression after ~ that matches all of it.",
    },
  ),
  methods: Type.Array(Type.String({ pattern: "^[A-Z-]+$", expected: "a method in capitals, such as GET" }), {
    minItems: 1,
    default: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    description: "Methods that they may use.",
  }),
  headers: HeaderNames(["*"], "Request headers that they may set; * allows each one that they ask for."),
  "exposed-headers": HeaderNames(
    [],
    "Reply headers that their scripts may read beside the harmless ones; * is all, without credentials.",
  ),
  credentials: Type.Boolean({
    default: false,
    description: "Let them send cookies, and read replies to such requests.",
  }),
  "max-age": Duration({ default: "10m", description: "How long browsers may remember a preflight's answer." }),
  "private-network": Type.Boolean({
    default: false,
    description: "Let public pages reach this gateway in a private network.",
  }),
  block: Type.Boolean({
    default: false,
    description: "Refuse requests of other origins, 403 forbidden, instead of leaving it to the browser.",
  }),
});

/** Lets pages of other origins use the API (Fetch §3.2, the CORS protocol). */
export default definePlugin({
  name: "cors",
  description: "Lets web pages of other origins use the API, and answers the preflights of their browsers.",
  options: Options,
  preflights: true,
  describe: ({ block }) =>
    block ? { refusals: [{ code: "forbidden", when: "Pages of this origin may not send requests here." }] } : {},
  setup(options) {
    const policy = compilePolicy(options);
    const { block } = options;
    return {
      request({ request }) {
        if (block) refuseOthers(request, policy);
        return isPreflight(request) ? new Reply(204) : undefined;
      },
      // The preflight's own headers are written here too: what a service says must not be beside them.
      response({ request }, reply) {
        writeHeaders(reply.headers, request, policy);
        return reply;
      },
      explain: ({ request }) => explain(request, policy, block),
    };
  },
});

function explain(request: Request, policy: Policy, block: boolean): Explanation {
  const origin = request.headers.get("origin");
  if (origin === undefined) return { verdict: "passes", reason: "no page has sent it: there is no Origin" };
  const written = new HeaderList();
  writeHeaders(written, request, policy);
  const facts = Object.fromEntries([...written].filter(([name]) => isCorsHeader(name)));
  const isAllowed = written.has("access-control-allow-origin");
  if (block && !isAllowed && !isOwn(origin, request))
    return { verdict: "refuses", status: 403, reason: `pages of ${origin} may not send requests here` };
  const reason = isAllowed ? `pages of ${origin} may use it` : `the browser refuses it to pages of ${origin}`;
  if (!isPreflight(request)) return { verdict: "passes", reason, facts };
  return { verdict: "answers", status: 204, reason: `a preflight: ${reason}`, facts };
}

interface Policy {
  /** Undefined: every origin, which is not named then. */
  readonly allows: OriginTest | undefined;
  readonly credentials: boolean;
  readonly methods: string;
  readonly headers: ReadonlySet<string> | "all";
  readonly exposed: string;
  /** In seconds. */
  readonly maxAge: string;
  readonly privateNetwork: boolean;
  /** What a preflight's answer depends on. */
  readonly preflightVary: readonly string[];
}

function compilePolicy(options: Static<typeof Options>): Policy {
  const { origins, credentials, headers, "private-network": privateNetwork } = options;
  const exposed = options["exposed-headers"];
  const isOpen = origins.includes("*");
  // A page in a sandboxed frame has the origin null, and anybody can make one.
  const everybody = ["*", "null"].find((origin) => origins.includes(origin));
  if (everybody !== undefined && credentials) {
    throw new Error(
      `origins: ${everybody} would let any page act with its visitors' cookies: name the origins, or drop credentials`,
    );
  }
  if (exposed.includes("*") && credentials) {
    throw new Error("exposed-headers: with credentials browsers take * for a header's name: name the headers");
  }
  const asked = ["access-control-request-method", "access-control-request-headers"];
  if (privateNetwork) asked.push("access-control-request-private-network");
  return {
    allows: isOpen ? undefined : compileOrigins(origins),
    credentials,
    methods: options.methods.join(", "),
    headers: headers.includes("*") ? "all" : new Set(headers.map((name) => name.toLowerCase())),
    exposed: exposed.join(", "),
    maxAge: String(Math.floor(options["max-age"] / 1_000)),
    privateNetwork,
    preflightVary: isOpen ? asked : [...ORIGIN_ALONE, ...asked],
  };
}

const ORIGIN_ALONE = ["origin"];

type Request = Context["request"];

function refuseOthers(request: Request, { allows }: Policy): void {
  const origin = request.headers.get("origin");
  if (origin === undefined || allows === undefined || allows(origin) || isOwn(origin, request)) return;
  throw new GatewayError("forbidden", { detail: "Pages of this origin may not send requests here" });
}

/** Whether the page comes from the gateway itself: browsers name the origin then too, unless they GET. */
function isOwn(origin: string, { scheme, host }: Request): boolean {
  const end = scheme === "https" ? ":443" : ":80";
  return origin === `${scheme}://${host.endsWith(end) ? host.slice(0, -end.length) : host}`;
}

function writeHeaders(headers: HeaderList, request: Request, policy: Policy): void {
  const { allows } = policy;
  headers.deleteWhere(isCorsHeader);
  const isAsking = isPreflight(request);
  if (isAsking) addVary(headers, policy.preflightVary);
  else if (allows !== undefined) addVary(headers, ORIGIN_ALONE);
  const origin = request.headers.get("origin");
  if (origin === undefined || allows?.(origin) === false) return;
  headers.append("access-control-allow-origin", allows === undefined ? "*" : origin);
  if (policy.credentials) headers.append("access-control-allow-credentials", "true");
  if (isAsking) allowRequest(headers, request, policy);
  else if (policy.exposed !== "") headers.append("access-control-expose-headers", policy.exposed);
}

function allowRequest(headers: HeaderList, request: Request, policy: Policy): void {
  headers.append("access-control-allow-methods", policy.methods);
  const names = allowedNames(request.headers.get("access-control-request-headers"), policy.headers);
  if (names !== undefined) headers.append("access-control-allow-headers", names);
  headers.append("access-control-max-age", policy.maxAge);
  if (policy.privateNetwork && request.headers.get("access-control-request-private-network") === "true") {
    headers.append("access-control-allow-private-network", "true");
  }
}

function isCorsHeader(name: string): boolean {
  return name.startsWith("access-control-");
}
