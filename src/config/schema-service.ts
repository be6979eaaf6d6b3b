import { Type } from "@sinclair/typebox";
import { FilePath } from "./file-path.ts";
import { Discover } from "./schema-discover.ts";
import { HealthChecks, OutlierDetection } from "./schema-health.ts";
import { ServiceDocument } from "./schema-openapi.ts";
import { PluginMap } from "./schema-plugins.ts";
import { Target } from "./schema-target.ts";
import { Duration, Share } from "./units.ts";

const closed = { additionalProperties: false, default: {} };

const HashOn = Type.Union(
  [
    Type.Literal("ip"),
    Type.Literal("principal"),
    Type.Object({ header: Type.String() }, { additionalProperties: false }),
    Type.Object({ cookie: Type.String() }, { additionalProperties: false }),
    Type.Object({ query: Type.String() }, { additionalProperties: false }),
  ],
  {
    expected: "ip, principal, { header: name }, { cookie: name } or { query: name }",
    description:
      "What consistent-hash hashes: ip, principal, { header: name }, { cookie: name } or { query: name }. A request without it goes to a random target.",
  },
);

const Pool = Type.Object(
  {
    "max-connections": Type.Integer({ default: 100, minimum: 1, description: "Open connections, without tunnels." }),
    "max-tunnels": Type.Integer({
      default: 10_000,
      minimum: 0,
      description: "Connections that have switched to another protocol; one more is 503.",
    }),
    "max-idle": Type.Integer({ default: 20, minimum: 0, description: "Idle connections kept." }),
    "max-pending": Type.Integer({
      default: 1024,
      minimum: 0,
      description: "Requests waiting for a connection; one more is 503.",
    }),
    "idle-timeout": Duration({
      default: "55s",
      description: "An idle connection is closed after this, before the usual upstream does.",
    }),
    "max-age": Duration({ default: "10m", description: "A connection older than this is not used again." }),
  },
  { ...closed, description: "Connections to each target." },
);

const Timeouts = Type.Object(
  {
    connect: Duration({ default: "3s", description: "For a connection to open, TLS included." }),
    pool: Duration({ default: "1s", description: "For a free connection, when the pool is full." }),
    response: Duration({ default: "15s", description: "For the response's head, once the request is sent." }),
    idle: Duration({ default: "5m", description: "Without a byte in either direction, once the body is under way." }),
    total: Duration({ default: "30s", description: "Until the reply's head, all attempts included." }),
  },
  { ...closed, description: "How long the gateway waits for the service." },
);

const Tls = Type.Object(
  {
    ca: Type.Optional(
      FilePath({ description: "PEM file of the certificate authorities to trust instead of the system's." }),
    ),
    cert: Type.Optional(FilePath({ description: "PEM file of the client certificate." })),
    key: Type.Optional(FilePath({ description: "PEM file of the client certificate's key." })),
    "server-name": Type.Optional(
      Type.String({ description: "Name to ask for (SNI) and to verify, if it is not the target's host." }),
    ),
    verify: Type.Boolean({ default: true, description: "false accepts any certificate: for tests only." }),
  },
  { ...closed, description: "For https targets." },
);

/** One service: the targets that serve it and how they are used. */
export const Service = Type.Object(
  {
    targets: Type.Array(Target, {
      default: [],
      description: "Where the service runs; needed unless there is discover.",
    }),
    discover: Type.Optional(Discover),
    balance: Type.Union(
      [
        Type.Literal("round-robin"),
        Type.Literal("least-request"),
        Type.Literal("random"),
        Type.Literal("consistent-hash"),
      ],
      { default: "round-robin", description: "How a target is chosen; all follow the weights." },
    ),
    "hash-on": Type.Optional(HashOn),
    "preserve-host": Type.Boolean({
      default: false,
      description:
        "Send the client's Host to the targets instead of the target's own; X-Forwarded-Host always has the client's.",
    }),
    "max-requests": Type.Integer({
      default: 0,
      minimum: 0,
      description:
        "Requests under way at once in each process, whatever they wait for, tunnels included; one more is 503. 0 sets no limit.",
    }),
    pool: Pool,
    timeouts: Timeouts,
    "deadline-header": Type.Optional(
      Type.String({
        description:
          "Header that tells the targets how many ms the reply is still waited for; from a trusted proxy it is honoured.",
      }),
    ),
    tls: Tls,
    health: Type.Optional(HealthChecks),
    "outlier-detection": Type.Optional(OutlierDetection),
    "slow-start": Duration({
      default: "0s",
      description: "How long the share of a target grows that is new, or has come back. 0s: at once.",
    }),
    "panic-threshold": Share({
      default: "0%",
      description: "With a smaller share of healthy targets all are used; with none healthy they always are.",
    }),
    "dns-ttl": Duration({
      default: "30s",
      description: "How long the addresses of a target's name are used before it is resolved again.",
    }),
    openapi: Type.Optional(ServiceDocument),
    plugins: PluginMap("Plugins for every route to this service."),
  },
  { additionalProperties: false },
);
