import { Cidr, Duration, Share, Size, type Static, Type } from "../../src/plugin.ts";

const closed = { additionalProperties: false };
const NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

const Ttl = Type.Union(
  [
    Duration(),
    Type.Record(Type.String({ pattern: "^[2-5][0-9][0-9]$", expected: "a status from 200 to 599" }), Duration()),
  ],
  {
    expected: "a duration such as 60s, or one for each status",
    description:
      "How long replies without freshness of their own stay fresh. One duration is for good replies and lasting redirects (200, 203, 204, 300, 301, 308).",
  },
);

const Names = (description: string) =>
  Type.Array(Type.String({ pattern: `^${NAME}$`, expected: "a name" }), { default: [], description });

const Query = Type.Union(
  [
    Type.Array(Type.String(), { uniqueItems: true }),
    Type.Object({ without: Type.Array(Type.String(), { minItems: 1 }) }, closed),
  ],
  {
    expected: "a list of parameters, or a map with `without`",
    description:
      "Parameters of the query that tell requests apart, in any order; `without` names those that do not. Default: the whole query as it is.",
  },
);

const Key = Type.Object(
  {
    query: Type.Optional(Query),
    headers: Names("Request headers that tell requests apart, beside those that `Vary` names."),
    cookies: Names("Cookies that tell requests apart."),
    principal: Type.Boolean({
      default: false,
      description: "Keep the replies to each authenticated client for that client alone.",
    }),
  },
  { ...closed, default: {}, description: "What tells requests apart, beside their URL." },
);

const Condition = Type.String({
  pattern: `^(?:(?:header|cookie):${NAME}|query:.+)$`,
  expected: "header:NAME, cookie:NAME or query:NAME",
});

export const Options = Type.Object({
  ttl: Type.Optional(Ttl),
  key: Key,
  "stale-while-revalidate": Duration({
    default: "0s",
    description: "Answer with what is stale for so long, while the service is asked beside.",
  }),
  "stale-if-error": Duration({
    default: "0s",
    description: "Answer with what is stale for so long when the service fails.",
  }),
  "max-object": Size({ default: "1mb", description: "Longer replies are not stored." }),
  store: Type.Union([Type.Literal("memory"), Type.Literal("redis"), Type.Literal("both")], {
    default: "memory",
    expected: "memory, redis or both",
    description: "Where replies are kept: in the memory of each gateway, in the Redis that they share, or in both.",
  }),
  heuristic: Type.Object(
    {
      fraction: Share({
        default: "10%",
        description: "Of the time since `Last-Modified`; with 0% the service is asked about such a reply each time.",
      }),
      max: Duration({ default: "1h", description: "Never longer than this." }),
    },
    {
      ...closed,
      default: {},
      description: "How long replies stay fresh that only say when they last changed (RFC 9111 §4.2.2).",
    },
  ),
  "purge-from": Type.Array(Cidr(), {
    default: [],
    description:
      "Addresses whose `PURGE` requests remove what is stored for their URL. None: `PURGE` goes to the service.",
  }),
  "set-cookie": Type.Boolean({
    default: false,
    description: "Store replies with `Set-Cookie` as well; every client then gets the same cookies.",
  }),
  bypass: Type.Array(Condition, {
    default: [],
    uniqueItems: true,
    description: "Requests that have one of these go to the service, and nothing of them is stored.",
  }),
});

export type CacheOptions = Static<typeof Options>;
