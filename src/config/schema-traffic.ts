import { type Static, Type } from "@sinclair/typebox";
import { Duration, Share } from "./units.ts";

const closed = { additionalProperties: false };
const Name = Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", expected: "a name without blanks" });

const Header = Type.Object({ header: Name }, closed);
const Cookie = Type.Object({ cookie: Name }, closed);
const Query = Type.Object({ query: Type.String({ minLength: 1 }) }, closed);

/** How a client stays with the service that it was given. */
export const Sticky = Type.Object(
  {
    cookie: Type.Optional(
      Type.String({
        pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
        expected: "the name of a cookie",
        description: "Name of a cookie that the gateway gives to clients, with a random number.",
      }),
    ),
    "max-age": Duration({ default: "30d", description: "How long the client keeps that cookie." }),
    "hash-on": Type.Optional(
      Type.Union([Type.Literal("ip"), Header, Cookie, Query], {
        expected: "ip, { header: name }, { cookie: name } or { query: name }",
        description:
          "Instead of a cookie of the gateway: ip, { header: name }, { cookie: name } or { query: name }. A request without it is drawn by lot.",
      }),
    ),
  },
  { ...closed, description: "Keeps a client with the service that it was given, as long as the shares allow." },
);

/** Where a request may name the service that it wants. */
export const Force = Type.Union([Header, Cookie, Query], {
  expected: "{ header: name }, { cookie: name } or { query: name }",
  description:
    "Where a request may name the variant that it wants, also one of weight 0: { header: name }, { cookie: name } or { query: name }.",
});

/** A new version that gets more and more of the requests, as long as it is not worse than the old one. */
export const Canary = Type.Object(
  {
    service: Type.String({ minLength: 1, description: "Name of the service with the new version." }),
    steps: Type.Array(Share(), {
      default: ["5%", "25%", "50%", "100%"],
      minItems: 1,
      description: "Its share of the requests, step by step.",
    }),
    every: Duration({ default: "10m", description: "How long a step lasts." }),
    window: Duration({
      default: "1m",
      description: "The latest requests are compared by themselves, besides those of the step.",
    }),
    "min-requests": Type.Integer({
      default: 50,
      minimum: 5,
      description: "Before the new version has had so many, nothing is compared.",
    }),
    "max-extra-errors": Share({
      default: "1%",
      description: "It is stopped when so many more of its requests fail than of the old version's.",
    }),
    "max-latency-ratio": Type.Number({
      default: 1.5,
      exclusiveMinimum: 1,
      description: "It is stopped when it takes so many times as long as the old version, in the geometric mean.",
    }),
  },
  { ...closed, description: "Gives a second service a growing share of the requests, and none when it is worse." },
);

export type StickyConfig = Static<typeof Sticky>;
export type ForceConfig = Static<typeof Force>;
export type CanaryConfig = Static<typeof Canary>;
