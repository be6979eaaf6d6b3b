import {
  bearerError,
  CHALLENGED,
  type Context,
  type CredentialPlaces,
  compileClaimHeaders,
  compileCredential,
  credentialSchemes,
  Duration,
  definePlugin,
  GatewayError,
  headerName,
  httpUrl,
  noBearer,
  type Principal,
  RETRY_AFTER,
  Size,
  seldom,
  storeKey,
  TWO_CREDENTIALS,
  Type,
  wordsOf,
} from "../../src/plugin.ts";
import { type Asking, Endpoint, type Known, MAX_CACHE_MS } from "./endpoint.ts";

/** RFC 6750 §2.1, and a length that no token needs. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
const MAX_TOKEN = 8_192;
const WARN_MS = 10_000;

const Name = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));
const Names = (description: string) => Type.Array(Type.String({ minLength: 1 }), { default: [], description });

/** Lets requests through whose token the authorization server says is active. */
export default definePlugin({
  name: "oauth2-introspection",
  description: "Lets requests through whose token an authorization server says is active (RFC 7662).",
  options: Type.Object({
    endpoint: Type.String({ description: "URL that tokens are asked about at." }),
    "client-id": Type.String({ minLength: 1, description: "The gateway's own id at the authorization server." }),
    "client-secret": Type.String({ minLength: 1, description: "Its secret." }),
    "client-auth": Type.Union([Type.Literal("basic"), Type.Literal("post")], {
      default: "basic",
      description: "Send them in Authorization, or in the body.",
    }),
    header: Name(
      "Header that has the token, after `Bearer`; authorization unless there is a query parameter or cookie.",
    ),
    query: Name("Parameter of the query that has the token. Queries end up in logs: prefer a header."),
    cookie: Name("Cookie that has the token."),
    scopes: Names("Scopes that the token needs, all of them."),
    issuer: Name("What `iss` has to be."),
    audience: Name("What `aud` has to be, or have among its items."),
    optional: Type.Boolean({ default: false, description: "Let requests without a token through, with no principal." }),
    "forward-credentials": Type.Boolean({ default: true, description: "Leave the token in what the service gets." }),
    "forward-claims": Type.Record(Type.String(), Type.String(), {
      default: {},
      description: "Headers for the service: claim → name. A client's own of that name are removed.",
    }),
    timeout: Duration({ default: "1s", description: "For an answer." }),
    "response-limit": Size({ default: "64kb", description: "Bytes that an answer may have." }),
    cache: Duration({
      default: "1m",
      description: "How long an active token is believed, and never beyond its `exp`; at most 1h.",
    }),
    "negative-cache": Duration({ default: "10s", description: "How long it is believed that a token is not active." }),
  }),
  describe: (options) => ({
    security: {
      schemes: credentialSchemes("oauth2-introspection", placesOf(options)),
      scopes: options.scopes,
      isOptional: options.optional,
    },
    refusals: [
      TWO_CREDENTIALS,
      {
        code: "unauthenticated",
        when: options.optional ? "The token is not valid." : "There is no token, or it is not valid.",
        headers: CHALLENGED,
      },
      ...(options.scopes.length > 0
        ? [
            {
              code: "forbidden",
              when: "The token has not the scopes that are needed here.",
              headers: CHALLENGED,
            } as const,
          ]
        : []),
      { code: "identity_unavailable", when: "Nobody can tell whether the token is valid." },
      { code: "overloaded", when: "Too many tokens are being asked about.", headers: RETRY_AFTER },
    ],
  }),
  setup(options, scope) {
    const { scopes, issuer, audience, optional, cache, "negative-cache": negative } = options;
    if (cache > MAX_CACHE_MS || negative > MAX_CACHE_MS) throw new Error("cache, negative-cache: expected at most 1h");
    const { header, ...places } = placesOf(options);
    const credential = compileCredential({ ...places, header: header && headerName("header", header) });
    const claims = compileClaimHeaders(options["forward-claims"]);
    const asking: Asking = {
      url: httpUrl("endpoint", options.endpoint).href,
      clientId: options["client-id"],
      clientSecret: options["client-secret"],
      clientAuth: options["client-auth"],
      timeoutMs: options.timeout,
      maxBytes: options["response-limit"],
    };
    const shared = storeKey("endpoint", asking.url, asking.clientId);
    const endpoint = scope.state(shared, () => new Endpoint(scope.now));
    const warnSeldom = seldom(WARN_MS, scope.now);

    const isFresh = ({ principal, askedAtMs }: Known, now: number) =>
      now < askedAtMs + (principal === undefined ? negative : cache);

    const decide = (ctx: Context, principal: Principal | undefined): undefined => {
      if (principal === undefined || !isMeantFor(principal, issuer, audience)) {
        throw bearerError("invalid_token", { detail: "The token is not valid here" });
      }
      const missing = scopes.find((one) => !principal.scopes.includes(one));
      if (missing !== undefined) {
        const scope = scopes.join(" ");
        throw bearerError("insufficient_scope", { detail: "The token has not all scopes that are needed", scope });
      }
      try {
        claims.set(ctx.request.headers, principal);
      } catch (cause) {
        throw bearerError("invalid_token", { detail: "The token has a claim that cannot be passed on", cause });
      }
      ctx.principal = principal;
      return undefined;
    };

    const unavailable = (cause: unknown): GatewayError => {
      if (cause instanceof GatewayError) return cause;
      warnSeldom(() => scope.log.warn("the introspection endpoint does not answer as it should", { error: cause }));
      return new GatewayError("identity_unavailable", { cause });
    };

    return {
      authenticate(ctx) {
        claims.clear(ctx.request.headers);
        const token = credential.read(ctx);
        if (token === undefined) {
          if (optional) return undefined;
          throw noBearer();
        }
        if (token.length > MAX_TOKEN || !TOKEN.test(token)) {
          throw bearerError("invalid_token", { detail: "The token is malformed" });
        }
        const now = scope.now();
        const known = endpoint.known(token, now);
        if (known !== undefined && isFresh(known, now)) return decide(ctx, known.principal);
        return endpoint.ask(token, asking).then(
          ({ principal }) => decide(ctx, principal),
          (error) => Promise.reject(unavailable(error)),
        );
      },
      // A cache before this must see that there was a token: it is removed on the way to the service alone.
      ...(!options["forward-credentials"] && {
        forward: (next) => (ctx) => {
          if (credential.read(ctx) !== undefined) credential.remove(ctx);
          return next(ctx);
        },
      }),
    };
  },
});

function placesOf({ header, query, cookie }: CredentialPlaces): CredentialPlaces {
  const usual = query === undefined && cookie === undefined ? "authorization" : undefined;
  return { header: header ?? usual, scheme: "Bearer", query, cookie };
}

function isMeantFor({ claims }: Principal, issuer: string | undefined, audience: string | undefined): boolean {
  if (issuer !== undefined && claims.iss !== issuer) return false;
  if (audience === undefined) return true;
  return typeof claims.aud === "string" ? claims.aud === audience : wordsOf(claims.aud).includes(audience);
}
