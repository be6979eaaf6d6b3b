import { type Static, Type } from "@sinclair/typebox";
import { Duration, Share } from "./units.ts";

const word = <const W extends string>(value: W) => Type.Literal(value);

/** Where traces of requests are sent, and which. */
export const Telemetry = Type.Object(
  {
    otlp: Type.String({
      description:
        "Collector that takes OTLP over HTTP, such as http://127.0.0.1:4318; /v1/traces is added. Empty: no traces.",
    }),
    sampling: Share({
      default: "1%",
      description:
        "Of the traces that begin at the gateway, how many are recorded: by their ids, so all services agree.",
    }),
    "service-name": Type.String({ default: "sluice", minLength: 1, description: "Name of the gateway in its traces." }),
    parent: Type.Union([word("trusted"), word("respect"), word("ignore")], {
      default: "trusted",
      description:
        "Whose trace is continued, and whose word on recording it counts. trusted: that of `trusted-proxies` of the listener; respect: everybody's; ignore: nobody's.",
    }),
    propagation: Type.Array(Type.Union([word("tracecontext"), word("b3"), word("b3multi")]), {
      default: ["tracecontext"],
      minItems: 1,
      description:
        "Headers that traces come and go in: traceparent and tracestate (W3C), b3, or X-B3-*. Services get all of these; of a client's the first that is valid counts.",
    }),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          "Requests a second that are recorded at most, in each process, whoever asks for it. Default: no limit.",
      }),
    ),
    headers: Type.Record(Type.String({ minLength: 1 }), Type.String(), {
      default: {},
      description: "Sent to the collector, such as an API key.",
    }),
    resource: Type.Record(Type.String({ minLength: 1 }), Type.String(), {
      default: {},
      description: "What is said of this gateway in each trace, such as deployment.environment.name.",
    }),
    interval: Duration({ default: "1s", description: "Spans wait so long for others, to be sent together." }),
    queue: Type.Integer({
      default: 2048,
      minimum: 1,
      maximum: 100_000,
      description: "Spans that wait to be sent, at most, in each process; of more the latest are dropped.",
    }),
    timeout: Duration({
      default: "10s",
      description: "For the collector to answer, and at a stop for all that waits.",
    }),
  },
  {
    additionalProperties: false,
    description: "Traces of requests, for an OpenTelemetry collector. Without it nothing is recorded or added.",
  },
);

export type TelemetryConfig = Static<typeof Telemetry>;
/** A form in which services tell each other of a trace. */
export type Propagation = TelemetryConfig["propagation"][number];
