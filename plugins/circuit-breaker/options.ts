import { Duration, ServiceName, Share, type Static, Type } from "../../src/plugin.ts";
import type { Settings } from "./states.ts";

const Failure = Type.Union(
  [
    Type.Literal("connect-failure"),
    Type.Literal("reset"),
    Type.Literal("timeout"),
    Type.Literal("overloaded"),
    Type.Integer({ minimum: 400, maximum: 599 }),
  ],
  { expected: "connect-failure, reset, timeout, overloaded or a status from 400 to 599" },
);

const Fallback = Type.Object(
  {
    on: Type.Union([Type.Literal("open"), Type.Literal("failure")], {
      default: "open",
      description: "open: when no target may be asked; failure: also when what came of it in the end is a failure.",
    }),
    status: Type.Integer({ default: 200, minimum: 200, maximum: 599, description: "Status of the reply." }),
    headers: Type.Record(Type.String(), Type.String(), { default: {}, description: "Headers of the reply." }),
    body: Type.Optional(Type.String({ description: "Text of the reply's body." })),
    json: Type.Optional(
      Type.Unknown({ description: "Any value: the reply's body is its JSON.", expected: "any value" }),
    ),
    service: Type.Optional(
      ServiceName({ description: "Another service to ask instead; it gets the request as it is, and one attempt." }),
    ),
  },
  { additionalProperties: false, description: "What clients get instead of 503 circuit_open." },
);

export const Options = Type.Object({
  "consecutive-failures": Type.Integer({
    default: 5,
    minimum: 0,
    description: "Opens after so many failures with no success between them; 0: however many.",
  }),
  "failure-ratio": Share({
    default: "50%",
    description: "Opens when this share of the calls in the window has failed.",
  }),
  "slow-call": Type.Optional(
    Duration({ description: "A call whose reply begins no sooner is slow. Without it no call is." }),
  ),
  "slow-ratio": Share({
    default: "50%",
    description: "Opens when this share of the calls in the window was slow.",
  }),
  window: Duration({ default: "10s", description: "The time whose calls the ratios are taken of." }),
  "minimum-calls": Type.Integer({
    default: 20,
    minimum: 1,
    description: "With fewer calls in the window no ratio is taken.",
  }),
  open: Duration({ default: "10s", description: "How long it is open at first; each time after, twice as long." }),
  "max-open": Duration({ default: "5m", description: "It is open no longer." }),
  "half-open-probes": Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 1_000,
    description: "Attempts that may try the target after that; when so many have succeeded it closes.",
  }),
  failures: Type.Array(Failure, {
    default: ["connect-failure", "reset", "timeout", 500, 502, 503, 504],
    minItems: 1,
    description: "What is a failure: connect-failure, reset, timeout, overloaded, or a status of the service.",
  }),
  scope: Type.Union([Type.Literal("target"), Type.Literal("service")], {
    default: "target",
    description: "target: a breaker for each target; service: one for all of them.",
  }),
  fallback: Type.Optional(Fallback),
});

export type BreakerOptions = Static<typeof Options>;
export type FallbackOptions = NonNullable<BreakerOptions["fallback"]>;

/** Throws an Error for options that each are valid, but not together. */
export function checkOptions(options: BreakerOptions): void {
  const { open, window, "max-open": maxOpen, "failure-ratio": failureRatio, "slow-ratio": slowRatio } = options;
  if (window < 10) throw new Error("window: expected at least 10ms");
  if (open === 0) throw new Error("open: expected more than 0s");
  if (open > maxOpen) throw new Error("open is longer than max-open");
  checkRatio("failure-ratio", failureRatio);
  checkRatio("slow-ratio", slowRatio);
  if (options["slow-call"] === 0) throw new Error("slow-call: with 0s every call is slow");
}

function checkRatio(key: string, ratio: number): void {
  if (ratio === 0 || ratio > 1) throw new Error(`${key}: expected a share above 0% and up to 100%`);
}

export function settingsOf(options: BreakerOptions): Settings {
  return {
    consecutiveFailures: options["consecutive-failures"],
    failureRatio: options["failure-ratio"],
    slowRatio: options["slow-ratio"],
    minimumCalls: options["minimum-calls"],
    windowMs: options.window,
    openMs: options.open,
    maxOpenMs: options["max-open"],
    probes: options["half-open-probes"],
  };
}
