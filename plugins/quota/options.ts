import { Ipv6Prefix, RequestKey, type Static, Type } from "../../src/plugin.ts";

/** Counters stay exact with this many and what is on its way. */
const MOST = 1_000_000_000_000;

const Allowance = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: MOST, description: `Requests ${description}.` }));

const Tier = Type.Object(
  { day: Allowance("in a day, for this tier"), month: Allowance("in a month, for this tier") },
  { additionalProperties: false },
);

export const OptionsSchema = Type.Object({
  day: Allowance("in a day"),
  month: Allowance("in a month"),
  key: RequestKey({
    default: "principal",
    description:
      "What is counted together: ip, principal, header:NAME, cookie:NAME, query:NAME, route, service, global, or a list of them.",
  }),
  timezone: Type.String({
    default: "UTC",
    description: "Where days and months begin: a name of the IANA database such as Europe/Berlin.",
  }),
  cost: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1, description: "What a request counts as." }),
  tiers: Type.Record(Type.String(), Type.Union([Tier, Type.Literal(false)]), {
    default: {},
    description: "Other quotas for principals of a tier; false counts, and refuses nothing.",
  }),
  "tier-claim": Type.String({ default: "tier", description: "The principal's claim that has the tier." }),
  headers: Type.Boolean({
    default: true,
    description: "Tell clients what is left: X-Quota-Limit, -Remaining, -Reset.",
  }),
  "store-failure": Type.Union([Type.Literal("allow"), Type.Literal("deny")], {
    default: "allow",
    description: "What holds while the store does not answer: everything passes and is counted later, or nothing does.",
  }),
  "ipv6-prefix": Ipv6Prefix(),
});

export type Options = Static<typeof OptionsSchema>;
