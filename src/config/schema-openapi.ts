import { type Static, Type } from "@sinclair/typebox";
import { Duration, Size } from "./units.ts";

const closed = { additionalProperties: false };

/** Plain segments: such a path has one spelling, and may stand in a page as it is. */
const OwnPath = (preset: string, description: string) =>
  Type.String({
    default: preset,
    pattern: "^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$",
    expected: `a path of letters, digits, dots, hyphens and underscores, such as ${preset}`,
    description,
  });

const Audience = Type.Object(
  {
    tags: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: "Operations with one of these tags." }),
    ),
    services: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: "Operations of these services." }),
    ),
  },
  closed,
);

const Documented = Type.Object(
  {
    path: OwnPath("/openapi.json", "Where clients get the document; the same with .yaml at the end is YAML."),
    docs: Type.Union([Type.Literal(false), OwnPath("/docs", "")], {
      default: "/docs",
      expected: "false or a path such as /docs",
      description: "Where people read it, and try requests; false: nowhere.",
    }),
    title: Type.String({ default: "API", minLength: 1, description: "Of the document." }),
    version: Type.String({ default: "1.0.0", minLength: 1, description: "Of the document." }),
    refresh: Duration({
      default: "60s",
      description: "How often the services are asked for theirs, give or take a tenth.",
    }),
    timeout: Duration({ default: "10s", description: "For a service to send its document whole." }),
    "max-bytes": Size({ default: "16mb", description: "A document that is longer is not taken." }),
    documents: Type.Record(Type.String(), Audience, {
      default: {},
      description: "More documents, each with a part of the operations: partner is at /openapi/partner.json.",
    }),
  },
  closed,
);

/** What the gateway publishes of the documents of its services. */
export const OpenApiSection = Type.Union([Type.Literal(false), Documented], {
  expected: "false or a map",
  description: "One OpenAPI document of all services, and a page to read it. Absent or false: none.",
});

export type OpenApiConfig = Static<typeof Documented>;

const Located = Type.Object(
  {
    path: Type.Optional(
      Type.String({ pattern: "^/", expected: "a path that begins with /", description: "A path on the service." }),
    ),
    url: Type.Optional(Type.String({ minLength: 1, description: "A URL elsewhere: http or https." })),
    file: Type.Optional(Type.String({ minLength: 1, description: "A file, relative to this one." })),
    headers: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: "Sent with the question for it: a token, for example.",
    }),
  },
  closed,
);

/** Where the document of a service is. */
export const ServiceDocument = Type.Union([Type.Literal(false), Type.String({ minLength: 1 }), Located], {
  expected: "a path on the service, a URL, a file, { path | url | file, headers } or false",
  description:
    "Where its OpenAPI document is: a path on the service (/openapi.json), a URL, or a file. false: it is not documented at all.",
});
