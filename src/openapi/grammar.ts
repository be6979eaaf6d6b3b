/** What an object in an OpenAPI document is, and so what its keys mean (OpenAPI 3.1 §4.8, 3.2 §4). */
export type Kind =
  | "schema"
  | "response"
  | "parameter"
  | "example"
  | "requestBody"
  | "header"
  | "securityScheme"
  | "link"
  | "callback"
  | "pathItem"
  | "mediaType"
  | "operation"
  | "encoding"
  | "discriminator";

/** What stands under a key: one such object, a list of them, or a map of them by name. */
export interface Child {
  readonly kind: Kind;
  readonly form: "one" | "list" | "map";
}

const one = (kind: Kind): Child => ({ kind, form: "one" });
const list = (kind: Kind): Child => ({ kind, form: "list" });
const map = (kind: Kind): Child => ({ kind, form: "map" });

/** The methods of a path item that OpenAPI has a key for. */
export const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"] as const;

const CONTENT = { schema: one("schema"), content: map("mediaType"), examples: map("example") };

/** Keys that lead to other objects; what is under any other key is data, in which nothing refers to anything. */
export const CHILDREN: Readonly<Record<Kind, Readonly<Record<string, Child>>>> = {
  schema: {
    properties: map("schema"),
    patternProperties: map("schema"),
    $defs: map("schema"),
    definitions: map("schema"),
    dependentSchemas: map("schema"),
    allOf: list("schema"),
    anyOf: list("schema"),
    oneOf: list("schema"),
    prefixItems: list("schema"),
    items: one("schema"),
    additionalProperties: one("schema"),
    not: one("schema"),
    ...Object.fromEntries(["if", "then", "else"].map((keyword) => [keyword, one("schema")])),
    contains: one("schema"),
    propertyNames: one("schema"),
    unevaluatedItems: one("schema"),
    unevaluatedProperties: one("schema"),
    contentSchema: one("schema"),
    discriminator: one("discriminator"),
  },
  response: { headers: map("header"), content: map("mediaType"), links: map("link") },
  parameter: CONTENT,
  header: CONTENT,
  example: {},
  requestBody: { content: map("mediaType") },
  securityScheme: {},
  link: {},
  callback: {},
  pathItem: {
    ...Object.fromEntries(METHODS.map((method) => [method, one("operation")])),
    additionalOperations: map("operation"),
    parameters: list("parameter"),
  },
  operation: {
    parameters: list("parameter"),
    requestBody: one("requestBody"),
    responses: map("response"),
    callbacks: map("callback"),
  },
  mediaType: {
    schema: one("schema"),
    itemSchema: one("schema"),
    examples: map("example"),
    encoding: map("encoding"),
    prefixEncoding: list("encoding"),
    itemEncoding: one("encoding"),
  },
  encoding: {
    headers: map("header"),
    encoding: map("encoding"),
    prefixEncoding: list("encoding"),
    itemEncoding: one("encoding"),
  },
  discriminator: {},
};

/** The sections of `components`, and what is in each. */
export const SECTIONS = {
  schemas: "schema",
  responses: "response",
  parameters: "parameter",
  examples: "example",
  requestBodies: "requestBody",
  headers: "header",
  securitySchemes: "securityScheme",
  links: "link",
  callbacks: "callback",
  pathItems: "pathItem",
  mediaTypes: "mediaType",
} as const satisfies Readonly<Record<string, Kind>>;

export type Section = keyof typeof SECTIONS;

/** The section for a kind; undefined for what can only stand in place. */
export function sectionOf(kind: Kind): Section | undefined {
  return (Object.keys(SECTIONS) as Section[]).find((section) => SECTIONS[section] === kind);
}
