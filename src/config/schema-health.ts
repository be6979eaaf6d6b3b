import { Type } from "@sinclair/typebox";
import { Duration, Share } from "./units.ts";

const Statuses = Type.Array(
  Type.Union([
    Type.Integer({ minimum: 200, maximum: 599 }),
    Type.String({ pattern: "^[2-5]xx$", expected: "a status from 200 to 599, or 2xx, 3xx, 4xx or 5xx" }),
  ]),
  {
    default: ["2xx"],
    minItems: 1,
    description: "Statuses of a healthy target: 200, or 2xx for all of a class.",
  },
);

/** Active checks of a service's targets. */
export const HealthChecks = Type.Object(
  {
    type: Type.Union([Type.Literal("http"), Type.Literal("tcp")], {
      default: "http",
      description: "http sends a request; tcp opens a connection, with its TLS handshake, and closes it.",
    }),
    path: Type.String({
      default: "/",
      pattern: "^/[\\x21\\x22\\x24-\\x7e]*$",
      expected: "a path that begins with /, without blanks or #",
      description: "What is asked for; may have a query.",
    }),
    method: Type.Union([Type.Literal("GET"), Type.Literal("HEAD"), Type.Literal("OPTIONS"), Type.Literal("POST")], {
      default: "GET",
      description: "Method of the check's request.",
    }),
    headers: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: "Headers of the check's request; host is sent instead of the target's own.",
    }),
    statuses: Statuses,
    body: Type.Optional(
      Type.String({ description: "A regular expression that the body, its first 64 kb at most, has to match." }),
    ),
    interval: Duration({ default: "10s", description: "Between checks of a target, give or take a tenth." }),
    "failing-interval": Duration({
      default: "2s",
      description: "The same after a check that has failed, and until a target is healthy; never longer than interval.",
    }),
    timeout: Duration({ default: "2s", description: "For a whole check." }),
    healthy: Type.Integer({ default: 2, minimum: 1, description: "Checks in a row that make a target healthy again." }),
    unhealthy: Type.Integer({ default: 3, minimum: 1, description: "Failed checks in a row that make it unhealthy." }),
  },
  {
    additionalProperties: false,
    description: "Asks the targets how they are, apart from requests. Without it nobody asks.",
  },
);

const SuccessRate = Type.Object(
  {
    "minimum-targets": Type.Integer({ default: 5, minimum: 2, description: "With fewer there is nothing to compare." }),
    "minimum-requests": Type.Integer({
      default: 100,
      minimum: 1,
      description: "A target with fewer in an interval is left out.",
    }),
    deviations: Type.Number({
      default: 1.9,
      exclusiveMinimum: 0,
      description: "Standard deviations below the mean rate of all.",
    }),
  },
  { additionalProperties: false, description: "How far below the others a success rate has to be." },
);

const SlowOutliers = Type.Object(
  {
    factor: Type.Number({ default: 3, minimum: 1, description: "So many times the median of all targets." }),
    above: Duration({ default: "100ms", description: "A mean below this is no outlier." }),
    "minimum-targets": Type.Integer({ default: 3, minimum: 2, description: "With fewer there is nothing to compare." }),
    "minimum-requests": Type.Integer({
      default: 20,
      minimum: 1,
      description: "A target with fewer replies in an interval is left out.",
    }),
  },
  { additionalProperties: false, description: "Eject targets whose mean latency is much longer than that of others." },
);

/** When targets are taken out because of their answers to requests. */
export const OutlierDetection = Type.Object(
  {
    "consecutive-failures": Type.Integer({
      default: 5,
      minimum: 0,
      description: "Failures in a row that eject a target: 5xx, and failed attempts. 0: none do.",
    }),
    ejection: Duration({
      default: "30s",
      description: "How long; n times as long when it is ejected for the nth time.",
    }),
    "max-ejection": Duration({ default: "300s", description: "The longest ejection." }),
    "max-ejected": Share({ default: "10%", description: "Of the targets, at most so many at a time; one at least." }),
    interval: Duration({ default: "10s", description: "Targets are compared after each." }),
    "success-rate": Type.Union([Type.Literal(false), SuccessRate], {
      default: {},
      expected: "a map, or false",
      description: "Eject targets that succeed much less often than the others; false: do not.",
    }),
    latency: Type.Optional(SlowOutliers),
  },
  {
    additionalProperties: false,
    description: "Takes targets out for a while whose requests fail. Without it none is taken out.",
  },
);
