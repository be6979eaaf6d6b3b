import { Duration, Ipv6Prefix, RequestKey, type Static, Type } from "../../src/plugin.ts";

const Amount = (description: string) =>
  Type.Union(
    [
      Type.Integer({ minimum: 1 }),
      Type.String({
        pattern: "^[1-9]\\d{0,14}/\\d*(ms|s|m|h|d)$",
        expected: "a limit with its window such as 10/s, 100/15m or 1000/h",
      }),
    ],
    { description },
  );

const Tier = Type.Object(
  {
    limit: Amount("Requests in the window, for this tier."),
    burst: Type.Optional(Type.Integer({ minimum: 1, description: "As `burst`, for this tier." })),
  },
  { additionalProperties: false },
);

const Tiers = Type.Record(Type.String(), Type.Union([Tier, Type.Literal(false)]), {
  default: {},
  description: "Other limits for principals of a tier, in the same window; false is no limit.",
});

const Count = {
  window: Type.Optional(Duration({ description: "The time in which so many may pass; not with 10/s." })),
  burst: Type.Optional(
    Type.Integer({ minimum: 1, description: "For gcra: how many may pass at once; as many as the limit unless told." }),
  ),
  name: Type.Optional(
    Type.String({
      pattern: "^[a-zA-Z0-9][\\w./-]{0,63}$",
      expected: "a name of letters, digits and . / - _",
      description: "What the reply's fields call it; made of key and window unless told, `default` for a single one.",
    }),
  ),
  tiers: Tiers,
};

const LimitEntry = Type.Object(
  {
    limit: Amount("Requests in the window, or both at once: 10/s."),
    key: Type.Optional(RequestKey({ description: "What is counted together; the `key` above unless told." })),
    ...Count,
  },
  { additionalProperties: false },
);

export const OptionsSchema = Type.Object({
  limit: Type.Optional(Amount("Requests in the window, or both at once: 10/s.")),
  key: RequestKey({
    default: "ip",
    description:
      "What is counted together: ip, principal, header:NAME, cookie:NAME, query:NAME, route, service, global, or a list of them.",
  }),
  ...Count,
  limits: Type.Optional(
    Type.Array(
      Type.Union([
        LimitEntry,
        Type.String({ pattern: "^[1-9]\\d{0,14}/\\d*(ms|s|m|h|d)$", expected: "a limit such as 10/s" }),
      ]),
      {
        minItems: 1,
        maxItems: 8,
        description: "Several limits instead of one: a request passes if all have room, and is counted by all or none.",
      },
    ),
  ),
  algorithm: Type.Union([Type.Literal("gcra"), Type.Literal("sliding-window"), Type.Literal("fixed-window")], {
    default: "gcra",
    description: "How it is counted.",
  }),
  cost: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1, description: "What a request counts as." }),
  "cost-header": Type.Optional(
    Type.String({
      minLength: 1,
      description: "A header of the service's reply that says what the request has cost; it is removed.",
    }),
  ),
  "tier-claim": Type.String({ default: "tier", description: "The principal's claim that has the tier." }),
  headers: Type.Union([Type.Literal("draft"), Type.Literal("legacy"), Type.Literal("both"), Type.Literal("none")], {
    default: "draft",
    description: "Fields that tell clients: RateLimit and RateLimit-Policy, X-RateLimit-*, both or none.",
  }),
  "store-failure": Type.Union([Type.Literal("local"), Type.Literal("allow"), Type.Literal("deny")], {
    default: "local",
    description:
      "What holds while the store does not answer: each gateway counts by itself, everything passes, nothing does.",
  }),
  mode: Type.Union([Type.Literal("exact"), Type.Literal("synced")], {
    default: "exact",
    description: "Ask the store for each request, or count in each gateway and compare from time to time.",
  }),
  sync: Duration({ default: "1s", description: "How often gateways compare their counts in mode synced." }),
  "authentication-failures": Type.Optional(
    Type.String({
      pattern: "^[1-9]\\d{0,14}/\\d*(ms|s|m|h|d)$",
      expected: "a limit with its window such as 10/m",
      description: "So many replies with 401 an address may get; past it, 429 before anyone looks at its credentials.",
    }),
  ),
  "ipv6-prefix": Ipv6Prefix(),
});

export type Options = Static<typeof OptionsSchema>;
export type LimitEntryOptions = Static<typeof LimitEntry>;
