import { DEFAULT_JTI_KEY, Duration, FilePath, Size, type Static, Type } from "../../src/plugin.ts";
import { ALGORITHMS, type Algorithm } from "./algorithms.ts";

const closed = { additionalProperties: false };

const Pem = Type.String({ pattern: "-----BEGIN ", expected: "a PEM text" });
const Key = Type.Union([Pem, FilePath()]);
const Url = Type.String({ pattern: "^https?://", expected: "a URL" });
const Place = Type.Union([Url, FilePath()]);
const Words = (description: string, values: readonly string[] = []) =>
  Type.Array(Type.String({ minLength: 1 }), { default: values, description });
const OneOrMore = (description: string) =>
  Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], { description }));

const Jwks = Type.Object(
  {
    from: Type.Union([Url, FilePath()], { description: "URL or file of the JSON Web Key Set." }),
    refresh: Duration({ default: "10m", description: "It is read again after this time, in the background." }),
    "cool-down": Duration({
      default: "10s",
      description: "A token with an unknown key id makes the set be read again, at most once in this time.",
    }),
    timeout: Duration({ default: "3s", description: "For reading it." }),
    size: Size({ default: "256kb", description: "It may be no larger." }),
  },
  closed,
);

const Blacklist = Type.Object(
  {
    mode: Type.Union([Type.Literal("check"), Type.Literal("push")], {
      default: "check",
      description: "check: the store is asked for each request; push: a copy here follows the store, within a second.",
    }),
    key: Type.String({
      default: DEFAULT_JTI_KEY,
      pattern: "\\{jti\\}",
      expected: "a key with {jti} in it",
      description: "Key of a revoked token's id; it stands in the store as it is, without redis.key-prefix.",
    }),
    "store-failure": Type.Union([Type.Literal("deny"), Type.Literal("last-known"), Type.Literal("allow")], {
      default: "deny",
      description:
        "When the store does not answer: 503 store_unavailable; what it said last of this token; or the token passes.",
    }),
    resync: Duration({ default: "1s", description: "push: everything is read again after this time." }),
  },
  { ...closed, description: "Refuse tokens that were revoked." },
);

export const Options = Type.Object({
  "public-key": Type.Optional(
    Type.Union([Pem, FilePath(), Type.Array(Key, { minItems: 1 }), Type.Record(Type.String({ minLength: 1 }), Key)], {
      description:
        "PEM public key or certificate, as a file or in place; or a list of them; or a map from key ids (kid) to them.",
    }),
  ),
  jwks: Type.Optional(
    Type.Union([Url, FilePath(), Jwks], { description: "URL or file of a JSON Web Key Set (RFC 7517)." }),
  ),
  secret: Type.Optional(
    Type.String({ description: "Shared secret of HS256, HS384 and HS512: from a variable or a secret file." }),
  ),
  algorithms: Type.Array(Type.Union(ALGORITHMS.map((name) => Type.Literal(name))), {
    default: ["RS256"],
    minItems: 1,
    uniqueItems: true,
    description: "The only ones that a token may be signed with, whatever it says itself.",
  }),
  issuer: OneOrMore("The token's iss has to be this, or one of these."),
  audience: OneOrMore("The token's aud has to be or hold this, or one of these."),
  "clock-tolerance": Duration({ default: "5s", description: "So much may clocks differ; 10m at most." }),
  "required-claims": Words("Claims that a token must have beside exp; realm_access.roles is one within another."),
  scopes: Type.Array(
    Type.String({ pattern: "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$", expected: "a scope, without blanks" }),
    {
      default: [],
      description: "All of these are needed; else 403 forbidden.",
    },
  ),
  roles: Words("One of these is needed; else 403 forbidden."),
  "scope-claims": Words("Where scopes are: texts with blanks between, or lists.", ["scope", "scp"]),
  "role-claims": Words("Where roles are.", ["roles", "realm_access.roles"]),
  header: Type.Optional(
    Type.String({
      description:
        "Header with the token; in authorization it follows Bearer. Default: authorization, unless cookie or query is given.",
    }),
  ),
  cookie: Type.Optional(Type.String({ minLength: 1, description: "Cookie with the token." })),
  query: Type.Optional(Type.String({ minLength: 1, description: "Query parameter with the token." })),
  "remove-token": Type.Boolean({ default: false, description: "The service does not get the token." }),
  optional: Type.Boolean({
    default: false,
    description: "A request without a token passes, without a principal; one with a bad token does not.",
  }),
  "forward-claims": Type.Record(Type.String({ minLength: 1 }), Type.String(), {
    default: {},
    description: "Claims and the headers in which the service gets them; the client's own are always removed.",
  }),
  blacklist: Type.Optional(Blacklist),
});

type Written = Static<typeof Options>;

/** As decoded: with defaults, durations in ms, sizes in bytes, files as absolute paths. */
export type JwtOptions = Omit<Written, "algorithms"> & { readonly algorithms: readonly Algorithm[] };
export type KeyOptions = Pick<JwtOptions, "public-key" | "jwks" | "secret" | "algorithms">;
export type JwksOptions = Static<typeof Jwks>;
export type BlacklistOptions = Static<typeof Blacklist>;

/** Written short, the key set has the defaults of its options. */
export function jwksOptions(written: NonNullable<JwtOptions["jwks"]>): JwksOptions {
  if (typeof written !== "string") return written;
  return { from: written, refresh: 600_000, "cool-down": 10_000, timeout: 3_000, size: 262_144 };
}

export function isUrl(place: Static<typeof Place>): boolean {
  return /^https?:\/\//.test(place);
}
