import { type Static, Type } from "@sinclair/typebox";
import { FilePath } from "./file-path.ts";
import { Duration, Share, Size } from "./units.ts";

const closed = { additionalProperties: false };

const Severity = (description: string) =>
  Type.Union([Type.Literal("critical"), Type.Literal("warning")], { description });

const Names = (of: string) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], {
    expected: "a name or a list of names",
    description: `Only of ${of} of this name, or of these names.`,
  });

const Webhook = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      description: "Gets a POST for each message. It is a secret: nobody is shown it.",
    }),
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 60,
        description: "In the log and the metrics; webhook-1 and so on unless told.",
      }),
    ),
    format: Type.Union([Type.Literal("json"), Type.Literal("slack")], {
      default: "json",
      description: "json: as docs/alerts.md describes; slack: for an incoming webhook of Slack.",
    }),
    headers: Type.Record(Type.String(), Type.String(), { default: {}, description: "Sent with each message." }),
    severity: Type.Union([Type.Literal("critical"), Type.Literal("warning")], {
      default: "warning",
      description: "Only alerts that are at least so severe.",
    }),
    resolved: Type.Boolean({ default: true, description: "Also tell when an alert is over." }),
    timeout: Duration({ default: "5s", description: "For the receiver to answer." }),
    "give-up": Duration({
      default: "5m",
      description: "How long a message is tried again; after that, what is the case then is told anew.",
    }),
    ca: Type.Optional(FilePath({ description: "PEM file of the authorities to trust instead of the system's." })),
  },
  { ...closed, description: "A receiver of messages." },
);

const Window = Type.Object(
  {
    burn: Type.Number({ exclusiveMinimum: 0, description: "How many times as fast as the objective allows." }),
    long: Duration({ description: "Over so long." }),
    short: Duration({ description: "And over so long, so that the alert ends soon after its cause." }),
    severity: Severity("Of the alert while this window holds."),
  },
  closed,
);

/** The keys of all kinds together: `check-alerts.ts` says which of them a kind takes. */
const Rule = Type.Object(
  {
    name: Type.String({
      pattern: "^[a-z0-9][a-z0-9-]{0,59}$",
      expected: "a name of small letters, digits and hyphens",
      description: "Of its own; the name of a rule that is built in replaces that.",
    }),
    kind: Type.Union(
      [
        Type.Literal("errors"),
        Type.Literal("latency"),
        Type.Literal("saturation"),
        Type.Literal("state"),
        Type.Literal("anomaly"),
      ],
      { description: "What it watches." },
    ),
    per: Type.Optional(
      Type.Union([Type.Literal("route"), Type.Literal("service"), Type.Literal("all")], {
        description: "errors, latency, anomaly: each route for itself (unless told), each service, or all requests.",
      }),
    ),
    route: Type.Optional(Names("the route")),
    service: Type.Optional(Names("the service")),
    objective: Type.Optional(
      Share({
        description: "errors, latency: of the requests, so many are to be good. 99.9% of errors, 99% of latency.",
      }),
    ),
    "slower-than": Type.Optional(Duration({ description: "latency: a request is good that takes no longer." })),
    windows: Type.Optional(
      Type.Array(Window, {
        minItems: 1,
        maxItems: 6,
        description: "errors, latency: 14.4 over 1h and 5m, 6 over 6h and 30m (critical), 1 over 3d and 6h (warning).",
      }),
    ),
    "min-requests": Type.Optional(
      Type.Integer({ minimum: 1, description: "errors, latency: with fewer in the long window nothing is said; 100." }),
    ),
    "min-failures": Type.Optional(
      Type.Integer({ minimum: 1, description: "errors, latency: with fewer bad ones in it nothing is said; 5." }),
    ),
    of: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "saturation: pool, pending, max-requests, loop-lag, memory; state: target, breaker, store, worker, certificate, reload; anomaly: rate, errors, latency (all three).",
      }),
    ),
    above: Type.Optional(
      Type.Union([Share(), Duration(), Size()], {
        expected: "a share such as 90%, a duration such as 200ms, or a size such as 2gb",
        description: "saturation: from where on; a share, of loop-lag a duration, of memory a size.",
      }),
    ),
    within: Type.Optional(Duration({ description: "state of certificate: ends within so long; 14d." })),
    change: Type.Optional(
      Share({ description: "anomaly of rate, latency: a smaller change is none, however unusual; 50%." }),
    ),
    season: Type.Optional(
      Type.Union([Type.Literal("week"), Type.Literal("day")], {
        description: "anomaly: what repeats; after two of them it speaks. week.",
      }),
    ),
    for: Type.Optional(Duration({ description: "How long it has to last before the alert fires." })),
    hold: Type.Optional(Duration({ description: "How long it has to be over before the alert is; 1m." })),
    severity: Type.Optional(Severity("saturation, state, anomaly: of the alert; warning.")),
  },
  { ...closed, description: "When an alert fires." },
);

/** What is watched, and who is told. */
export const AlertsSection = Type.Object(
  {
    webhooks: Type.Array(Webhook, { default: [], maxItems: 20, description: "Who is told; /api/alerts has all." }),
    rules: Type.Array(Type.Union([Type.String({ minLength: 1 }), Rule]), {
      default: ["default"],
      maxItems: 200,
      expected: "a list of rules",
      description: "default: all that are built in; the name of one of them; or a rule.",
    }),
    anomalies: Type.Optional(
      Type.Object(
        {
          change: Share({ default: "50%", description: "As in a rule." }),
          season: Type.Union([Type.Literal("week"), Type.Literal("day")], {
            default: "week",
            description: "As in a rule.",
          }),
          state: Type.Optional(
            Type.String({
              minLength: 1,
              description: "A file that keeps what was learned over a restart; its folder must be there.",
            }),
          ),
        },
        {
          ...closed,
          description: "Learn what is usual for the rate, errors and latency of each route; off unless given.",
        },
      ),
    ),
    instance: Type.String({
      default: "",
      description: "Name of this gateway in messages; that of the machine unless told.",
    }),
    "group-wait": Duration({ default: "15s", description: "What comes within so long is one message." }),
    "group-interval": Duration({ default: "1m", description: "Between two messages to a receiver, at least." }),
    repeat: Duration({ default: "4h", description: "An alert that goes on is told again after so long." }),
  },
  { ...closed, description: "Rules that watch the gateway, and receivers of their alerts. Absent: none." },
);

export type AlertsConfig = Static<typeof AlertsSection>;
export type WebhookConfig = Static<typeof Webhook>;
export type RuleConfig = Static<typeof Rule>;
