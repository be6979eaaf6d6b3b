import { type Static, Type } from "@sinclair/typebox";
import { AlertsSection } from "./schema-alerts.ts";
import { Listen, Tls } from "./schema-listen.ts";
import { MetricsSection } from "./schema-metrics.ts";
import { OpenApiSection } from "./schema-openapi.ts";
import { Overload } from "./schema-overload.ts";
import { PluginMap, type PluginMapConfig } from "./schema-plugins.ts";
import { RedisSection } from "./schema-redis.ts";
import { Route } from "./schema-route.ts";
import { Service } from "./schema-service.ts";
import { Telemetry } from "./schema-telemetry.ts";
import { Duration, Size } from "./units.ts";

const closed = { additionalProperties: false, default: {} };

const Admin = Type.Object(
  {
    host: Type.String({
      default: "127.0.0.1",
      description: "Address of the admin port; with neither a token nor client certificates, loopback only.",
    }),
    port: Type.Integer({ default: 9090, minimum: 0, maximum: 65535, description: "0 takes any free port." }),
    token: Type.Optional(
      Type.String({
        description:
          "Bearer token for everything but /health, 16 characters or more that nobody can guess; empty means none.",
      }),
    ),
    tls: Type.Optional(Tls),
  },
  { ...closed, description: "The gateway's own endpoints: health, routes, services." },
);

const Log = Type.Object(
  {
    level: Type.Union([Type.Literal("debug"), Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")], {
      default: "info",
      description: "Lines below this level are left out.",
    }),
    format: Type.Optional(
      Type.Union([Type.Literal("json"), Type.Literal("pretty")], {
        description: "json: one object a line; pretty: for people. Default: pretty on a terminal, else json.",
      }),
    ),
    redact: Type.Array(Type.String(), {
      default: ["authorization", "cookie"],
      description: "Fields whose values are replaced in every line.",
    }),
  },
  { ...closed, description: "Structured logs on standard output." },
);

const Errors = Type.Object(
  {
    format: Type.Union([Type.Literal("problem"), Type.Literal("envelope")], {
      default: "problem",
      description:
        'problem: application/problem+json (RFC 9457); envelope: { "success": false, "message", "code", "requestId" }.',
    }),
  },
  { ...closed, description: "How the gateway's own errors are written." },
);

const Cache = Type.Object(
  {
    memory: Size({
      default: "128mb",
      description: "Memory that the replies stored by all routes may take, in each process of the gateway.",
    }),
  },
  { ...closed, description: "What the `cache` plugins of all routes share." },
);

const Services = Type.Record(Type.String({ minLength: 1 }), Service, { default: {}, description: "Services by name." });
const Routes = Type.Array(Route, { default: [], description: "Which requests go to which service." });

const Explain = Type.Object(
  {
    secret: Type.Optional(
      Type.String({
        description: "What requests that ask to be explained are signed with, 32 characters or more; empty means none.",
      }),
    ),
  },
  { ...closed, description: "What becomes of a request that runs: docs/explain.md." },
);

/** gateway.yaml: the one source of its types, its validation, gateway.schema.json and the reference page. */
export const ConfigSchema = Type.Object(
  {
    listen: Type.Union([Listen, Type.Array(Listen, { minItems: 1 })], {
      default: {},
      description: "Where clients connect: one listener, or a list of them.",
    }),
    admin: Admin,
    "shutdown-delay": Duration({
      default: "0s",
      description: "Between a stop's first signal, when /health/ready turns 503, and the end of listening.",
    }),
    log: Log,
    errors: Errors,
    explain: Explain,
    metrics: MetricsSection,
    overload: Overload,
    redis: RedisSection,
    cache: Cache,
    include: Type.Array(Type.String(), {
      default: [],
      description:
        "More files (paths or glob patterns, relative to this file), one a team: their services and routes are added.",
    }),
    openapi: Type.Optional(OpenApiSection),
    alerts: Type.Optional(AlertsSection),
    telemetry: Type.Optional(Telemetry),
    reload: Type.Union([Type.Literal("watch"), Type.Literal("manual")], {
      default: "watch",
      description:
        "watch: a change of this file, or of one that it includes, is taken over by itself; manual: only by SIGHUP or POST /api/reload.",
    }),
    plugins: PluginMap(
      "Plugins for every route: by name, by path (./my-plugin.ts) or by package. Within a phase they run in this order.",
    ),
    services: Services,
    routes: Routes,
  },
  { additionalProperties: false, title: "Sluice gateway configuration" },
);

/** A file that another one includes: what is the gateway's as a whole stays in the main file. */
export const IncludedSchema = Type.Object({ services: Services, routes: Routes }, { additionalProperties: false });

type Schema = Static<typeof ConfigSchema>;
export type ListenConfig = Static<typeof Listen>;
export type ServiceConfig = Static<typeof Service>;
/** Where the targets of a service are found. */
export type DiscoverConfig = NonNullable<ServiceConfig["discover"]>;
export type RouteConfig = Static<typeof Route>;
export type { PluginMapConfig };

/** A validated configuration: frozen, defaults filled in, units decoded to milliseconds, bytes and fractions. */
export type Config = Readonly<Omit<Schema, "listen" | "include">> & { readonly listen: readonly ListenConfig[] };
