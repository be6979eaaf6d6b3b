import {
  CHALLENGED,
  type Context,
  type CredentialPlaces,
  compileClaimHeaders,
  compileCredential,
  credentialSchemes,
  Duration,
  definePlugin,
  FilePath,
  GatewayError,
  hashOf,
  headerName,
  idOf,
  judge,
  type KeyRecord,
  type Principal,
  principalOf,
  TWO_CREDENTIALS,
  Type,
} from "../../src/plugin.ts";
import { addEndpoints } from "./endpoints.ts";
import type { Trust } from "./key-cache.ts";
import { createMetrics } from "./metrics.ts";
import { createSharedKeys, openFileKeys } from "./shared.ts";

const Name = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));

/** Lets requests through that have a key. */
export default definePlugin({
  name: "api-key",
  description: "Lets requests through that bring an API key, and tells the service whose it is.",
  options: Type.Object({
    header: Name("Header that has the key; x-api-key unless there is a query parameter or cookie."),
    scheme: Name("Word before the key in that header: Bearer, for `Authorization: Bearer KEY`."),
    query: Name("Parameter of the query that has the key. Queries end up in logs: prefer a header."),
    cookie: Name("Cookie that has the key."),
    keys: Type.Optional(
      FilePath({ description: "File of keys, beside those of the store; read again when it changes." }),
    ),
    scopes: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: "Scopes that the key needs, all of them.",
    }),
    optional: Type.Boolean({ default: false, description: "Let requests without a key through, with no principal." }),
    "forward-credentials": Type.Boolean({ default: false, description: "Leave the key in what the service gets." }),
    "forward-claims": Type.Record(Type.String(), Type.String(), {
      default: {},
      description:
        "Headers for the service: owner, tier or key (its id) → name. A client's own of that name are removed.",
    }),
    cache: Duration({ default: "5s", description: "How long the store's word on a key is believed; at most 1h." }),
    "store-failure": Type.Union([Type.Literal("deny"), Type.Literal("last-known")], {
      default: "deny",
      description: "While the store does not answer: 503, or what it last said, for an hour at most.",
    }),
  }),
  describe: (options) => ({
    security: {
      schemes: credentialSchemes("api-key", placesOf(options)),
      scopes: options.scopes,
      isOptional: options.optional,
    },
    refusals: [
      TWO_CREDENTIALS,
      {
        code: "unauthenticated",
        when: options.optional ? "The API key is not valid." : "There is no API key, or it is not valid.",
        headers: CHALLENGED,
      },
      ...(options.scopes.length > 0
        ? [{ code: "forbidden", when: "The API key has not the scopes that are needed here." } as const]
        : []),
      { code: "store_unavailable", when: "Nobody can tell whether the API key is valid." },
    ],
  }),
  async setup(options, scope) {
    const { scopes, optional } = options;
    const { header, query, cookie, scheme } = placesOf(options);
    if (scheme !== undefined && header === undefined) throw new Error("scheme: say which header it is in");
    if (options.cache > 3_600_000) throw new Error("cache: expected at most 1h, for a revoked key may hold as long");
    const reader = compileCredential({ header: header && headerName("header", header), scheme, query, cookie });
    const claims = compileClaimHeaders(options["forward-claims"]);
    const trust: Trust = { cacheMs: options.cache, whenAway: options["store-failure"] };
    const shared = scope.state("shared", () => createSharedKeys(scope));
    const file = options.keys === undefined ? undefined : await openFileKeys(options.keys, scope);
    const release = shared.open(file);
    addEndpoints(scope, shared);
    const counts = createMetrics(scope.metrics);
    const principals = new WeakMap<KeyRecord, Principal>();

    /** Decides with what is known of the id; throws the refusal. */
    const decide = (ctx: Context, key: string, record: KeyRecord | undefined, now: number): undefined => {
      const verdict = record === undefined ? "unknown" : judge(record, hashOf(key), now);
      counts[verdict].inc();
      if (record === undefined || verdict !== "valid") throw refusal(DETAILS[verdict]);
      shared.usage.count(record, now);
      let principal = principals.get(record);
      if (principal === undefined) {
        principal = principalOf(record, "api-key");
        principals.set(record, principal);
      }
      const missing = scopes.find((scope) => !record.scopes.includes(scope));
      if (missing !== undefined) {
        counts.scope.inc();
        throw new GatewayError("forbidden", { detail: `The API key has not the scope ${missing}` });
      }
      ctx.principal = principal;
      claims.set(ctx.request.headers, principal);
      return undefined;
    };

    return {
      authenticate(ctx) {
        claims.clear(ctx.request.headers);
        const key = reader.read(ctx);
        if (key === undefined) {
          counts.none.inc();
          if (optional) return undefined;
          throw refusal("An API key is needed");
        }
        const id = idOf(key);
        const now = scope.now();
        if (id === undefined) return decide(ctx, key, undefined, now);
        const inFile = file?.keys.get(id);
        if (inFile !== undefined) return decide(ctx, key, inFile, now);
        const known = shared.cache.fresh(id, trust, now);
        if (known !== undefined) return decide(ctx, key, known.record, now);
        return shared.cache.ask(id, trust).then(({ record }) => decide(ctx, key, record, now));
      },
      // A cache before this must see that there was a credential: it is removed on the way to the service alone.
      ...(!options["forward-credentials"] && {
        forward: (next) => (ctx) => {
          // A header of another scheme is somebody else's.
          if (reader.read(ctx) !== undefined) reader.remove(ctx);
          return next(ctx);
        },
      }),
      async close() {
        file?.close();
        await release();
      },
    };
  },
});

function placesOf({ header, scheme, query, cookie }: CredentialPlaces): CredentialPlaces {
  const usual = query === undefined && cookie === undefined ? "x-api-key" : undefined;
  return { header: header ?? usual, scheme, query, cookie };
}

const DETAILS = {
  valid: "",
  unknown: "There is no such API key",
  expired: "The API key has expired",
  revoked: "The API key was revoked",
} as const;

function refusal(detail: string): GatewayError {
  return new GatewayError("unauthenticated", { detail, headers: { "www-authenticate": "ApiKey" } });
}
