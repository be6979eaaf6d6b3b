import { Duration, headerName, Share, Size, type Static, Type } from "../../src/plugin.ts";

const closed = { additionalProperties: false };

const Method = Type.String({ pattern: "^[A-Z-]+$", expected: "a method in capitals, such as GET" });

const Condition = Type.Union(
  [
    Type.Literal("connect-failure"),
    Type.Literal("reset"),
    Type.Literal("timeout"),
    Type.Literal("overloaded"),
    Type.Integer({ minimum: 400, maximum: 599 }),
  ],
  { expected: "connect-failure, reset, timeout, overloaded or a status from 400 to 599" },
);

const Backoff = Type.Object(
  {
    base: Duration({
      default: "25ms",
      description: "The first wait is below this, each further one below its double.",
    }),
    max: Duration({ default: "250ms", description: "No wait is longer." }),
  },
  { ...closed, default: {}, description: "The wait before a retry: a random part of what doubles with each." },
);

const BudgetOptions = Type.Object(
  {
    ratio: Share({
      default: "20%",
      description: "Retries in a second, as a share of the requests to the service in it.",
    }),
    minimum: Type.Integer({ default: 3, minimum: 0, description: "So many retries in a second are made in any case." }),
  },
  { ...closed, default: {}, description: "Bounds the retries of all routes to the service together." },
);

const Hedge = Type.Object(
  {
    after: Type.Union([Duration(), Type.Literal("p95")], {
      expected: "a duration such as 200ms, or p95",
      description: "How long to wait for the first; p95: as long as 95 % of the service's latest answers took.",
    }),
    methods: Type.Array(
      Type.Union([
        Type.Literal("GET"),
        Type.Literal("HEAD"),
        Type.Literal("OPTIONS"),
        Type.Literal("PUT"),
        Type.Literal("DELETE"),
      ]),
      { default: ["GET", "HEAD", "OPTIONS"], minItems: 1, description: "Methods that may be asked twice at a time." },
    ),
  },
  { ...closed, description: "Asks another target as well when the first is slow; the first good answer counts." },
);

export const Options = Type.Object({
  attempts: Type.Integer({ default: 3, minimum: 1, maximum: 10, description: "Tries in all, the first included." }),
  on: Type.Array(Condition, {
    default: ["connect-failure", "reset", "timeout", 502, 503, 504],
    minItems: 1,
    description: "What is tried again: connect-failure, reset, timeout, overloaded, or a status of the service.",
  }),
  methods: Type.Array(Method, {
    default: ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"],
    description:
      "Methods that may be sent again after the service may have got them; one with Idempotency-Key may in any case.",
  }),
  "per-try-timeout": Type.Optional(
    Duration({
      description: "For one try, until the reply's head; timeouts.total of the service is for all together.",
    }),
  ),
  backoff: Backoff,
  "max-retry-after": Duration({
    default: "1s",
    description: "Wait for as long as Retry-After of the service says, up to this; longer is not tried again.",
  }),
  budget: BudgetOptions,
  "replay-bytes": Size({
    default: "64kb",
    description:
      "A body up to this is kept in memory, to be sent again. A longer one, or one of unknown length, is not.",
  }),
  hedge: Type.Optional(Hedge),
  "attempts-header": Type.Optional(
    Type.String({
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
      expected: "the name of a header",
      description: "Header of the reply that tells how many attempts were made.",
    }),
  ),
});

export type RetryOptions = Static<typeof Options>;

/** Throws an Error for options that each are valid, but not together. */
export function checkOptions(options: RetryOptions): void {
  const { attempts, backoff, hedge, "per-try-timeout": perTry, "attempts-header": header } = options;
  if (backoff.base > backoff.max) throw new Error("backoff.base is longer than backoff.max");
  if (perTry === 0) throw new Error("per-try-timeout leaves no time for a try");
  if (hedge !== undefined && attempts === 1) throw new Error("hedge needs attempts of at least 2");
  if (header !== undefined) headerName("attempts-header", header);
}
