import { Type } from "@sinclair/typebox";
import { Deprecated } from "./schema-deprecated.ts";
import { PluginMap } from "./schema-plugins.ts";
import { Canary, Force, Sticky } from "./schema-traffic.ts";

/** Completes "expected …". */
const PATH = "a path that begins with /";

/** RFC 9110 §7.8. Not HTTP/2 itself: its requests would go to the service past every route and plugin. */
const PROTOCOL = "^(?![hH]2[cC]?(/|$))[A-Za-z0-9!#$%&'*+.^_`|~-]+(/[A-Za-z0-9!#$%&'*+.^_`|~-]+)?$";

const Weighted = Type.Object(
  {
    service: Type.String({ minLength: 1, description: "Name of the service." }),
    weight: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      description: "Its share, as a part of the sum of all weights; 0: none.",
    }),
    variant: Type.Optional(
      Type.String({
        pattern: "^[0-9A-Za-z._-]+$",
        expected: "letters, digits, dots, hyphens and underscores",
        description: "What `force` calls it. Default: the service's name.",
      }),
    ),
  },
  { additionalProperties: false },
);

/** One route: which requests it takes, where they go, what happens on the way. */
export const Route = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        minLength: 1,
        description: "For logs and metrics; unique. Default: methods, host, path and conditions.",
      }),
    ),
    path: Type.String({
      minLength: 1,
      description:
        "Exact (/users), prefix (/users/*), with parameters (/users/:id), or a regular expression after ~ (~^/v[12]/).",
    }),
    methods: Type.Optional(
      Type.Array(Type.String({ pattern: "^[A-Z-]+$", expected: "a method in capitals, such as GET" }), {
        minItems: 1,
        description: "Methods in capitals; none given: all.",
      }),
    ),
    host: Type.Optional(
      Type.String({ minLength: 1, description: "api.example.com, or *.example.com for one or more labels." }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: "Headers that must have these values." }),
    ),
    query: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: "Query parameters that must have these values." }),
    ),
    service: Type.Optional(Type.String({ minLength: 1, description: "Name of the service that gets the requests." })),
    weighted: Type.Optional(
      Type.Array(Weighted, {
        minItems: 1,
        description: "Several services instead, each with its share of the requests.",
      }),
    ),
    canary: Type.Optional(Canary),
    sticky: Type.Optional(Sticky),
    force: Type.Optional(Force),
    priority: Type.Optional(
      Type.Union([Type.Literal("low"), Type.Literal("normal"), Type.Literal("high"), Type.Literal("critical")], {
        description:
          "What is refused first when the gateway has too much to do (see overload): low; critical never is. Default: normal.",
      }),
    ),
    "strip-prefix": Type.Optional(
      Type.String({
        pattern: "^/",
        expected: PATH,
        description: "Removed from the front of the path: whole segments.",
      }),
    ),
    "add-prefix": Type.Optional(
      Type.String({ pattern: "^/", expected: PATH, description: "Put in front of the path, after strip-prefix." }),
    ),
    rewrite: Type.Optional(
      Type.String({
        pattern: "^/",
        expected: PATH,
        description:
          "The whole path for the service; :name and * are what the route's path matched, $1 and $<name> a regular expression's groups.",
      }),
    ),
    upgrade: Type.Optional(
      Type.Array(Type.String({ pattern: PROTOCOL, expected: "a protocol such as websocket, and not h2c" }), {
        description: "Protocols that a client may switch to: websocket, or any other but h2c. None given: none.",
      }),
    ),
    deprecated: Type.Optional(Deprecated),
    plugins: PluginMap("Plugins for this route; false switches an inherited one off."),
  },
  { additionalProperties: false },
);
