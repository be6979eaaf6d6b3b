import { Duration, Ipv6Prefix, RequestKey, type Static, Type } from "../../src/plugin.ts";

export const OptionsSchema = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 1_000_000, description: "Requests under way at once, for each key." }),
  key: RequestKey({
    default: "route",
    description:
      "What is counted together: ip, principal, header:NAME, cookie:NAME, query:NAME, route, service, global, or a list of them.",
  }),
  wait: Duration({ default: "0ms", description: "How long a request waits for a place before it is refused." }),
  queue: Type.Integer({
    minimum: 0,
    maximum: 10_000,
    default: 100,
    description: "Requests that wait at once, for each key; more are refused at once.",
  }),
  status: Type.Union([Type.Literal(503), Type.Literal(429)], {
    default: 503,
    description: "What the refused are answered: 503 overloaded, or 429 rate_limited.",
  }),
  shared: Type.Boolean({
    default: true,
    description: "Count over all gateways of one Redis; false, or without Redis: in each gateway by itself.",
  }),
  lease: Duration({
    default: "10s",
    description: "Over Redis: after this the places of a gateway that has died are free again. At least 1s.",
  }),
  "store-failure": Type.Union([Type.Literal("local"), Type.Literal("allow"), Type.Literal("deny")], {
    default: "local",
    description:
      "What holds while Redis does not answer: each gateway counts by itself, everything passes, nothing does.",
  }),
  "ipv6-prefix": Ipv6Prefix(),
});

export type Options = Static<typeof OptionsSchema>;
