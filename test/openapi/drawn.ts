import fc from "fast-check";
import type { RouteConfig } from "../../src/config/schema.ts";
import type { Json, JsonObject } from "../../src/openapi/json.ts";
import { parametersOf } from "../../src/openapi/samples.ts";

/*
 * Small documents and route tables for properties. The words are few, so that much has the same name and many paths meet; none of them is
 * among the values that stand for a parameter where a path is tried.
 */
const SERVICES = ["users", "orders", "new-orders"];
const WORDS = ["v1", "users", "list"];
const SCHEMAS = ["User", "Users_User", "Page"];
const TAGS = ["users", "admin"];

/** Under which key each operation says where it is from. */
export const FROM = "x-from";

const ref = fc
  .constantFrom(...SCHEMAS, "Nowhere")
  .map((name): JsonObject => ({ $ref: `#/components/schemas/${name}` }));
const schema: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom<JsonObject>({ type: "string" }, { type: "integer" }),
  ref.map((items) => ({ type: "array", items })),
  ref.map((boss) => ({ type: "object", properties: { boss, kind: { type: "string" } } })),
  fc.tuple(ref, ref).map(([one, other]) => ({
    oneOf: [one, other],
    discriminator: { propertyName: "kind", mapping: { one: one.$ref ?? "", other: "User" } },
  })),
);

const template = fc
  .array(fc.constantFrom(...WORDS, "{id}", "{name}"), { maxLength: 3 })
  .filter((segments) => new Set(segments.filter(isParameter)).size === segments.filter(isParameter).length)
  .map((segments) => `/${segments.join("/")}`);

const method = fc.constantFrom("get", "post", "put");
const operation = fc.record(
  {
    operationId: fc.constantFrom("list", "get", "Users_list"),
    tags: fc.uniqueArray(fc.constantFrom(...TAGS), { minLength: 1 }),
    returns: ref,
    link: fc.constantFrom("list", "get", "nowhere"),
    "x-internal": fc.integer({ min: 0, max: 9 }).map((n) => n === 5),
  },
  { requiredKeys: [] },
);

type DrawnOperation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

const server = fc.constantFrom("/", "/v1", "https://example.com/users/", "/{stage}");

/** A document of OpenAPI 3; its operations know where they are from: "SERVICE /paths/~1list/get". */
export function drawnDocument(service: string): fc.Arbitrary<JsonObject> {
  return parts.map(({ openapi, paths, schemas, servers }) => ({
    openapi,
    info: { title: "T", version: "1" },
    ...(servers !== undefined && {
      servers: [{ url: servers, ...(servers.includes("{") && { variables: { stage: { default: "users" } } }) }],
    }),
    paths: Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, itemOf(service, path, item)])),
    components: { schemas: Object.fromEntries(SCHEMAS.map((name, i) => [name, schemas[i] ?? {}])) },
  }));
}

const parts = fc.record({
  openapi: fc.constantFrom("3.0.3", "3.1.0"),
  paths: fc.dictionary(template, fc.dictionary(method, operation, { minKeys: 1, maxKeys: 2 }), { maxKeys: 4 }),
  schemas: fc.tuple(...SCHEMAS.map(() => schema)),
  servers: fc.option(server, { nil: undefined }),
});

function itemOf(service: string, path: string, item: Readonly<Record<string, DrawnOperation>>): JsonObject {
  const parameters = parametersOf(path).map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const operations = Object.entries(item).map(([key, { returns, link, ...rest }]): readonly [string, Json] => {
    const content = returns === undefined ? {} : { content: { "application/json": { schema: returns } } };
    const links = link === undefined ? {} : { links: { next: { operationId: link } } };
    const from = `${service} /paths/${path.replaceAll("/", "~1")}/${key}`;
    return [key, { ...rest, [FROM]: from, responses: { 200: { description: "Good", ...content, ...links } } }];
  });
  return { ...(parameters.length > 0 && { parameters }), ...Object.fromEntries(operations) };
}

/** Documents of some of the services. */
export const drawnDocuments: fc.Arbitrary<Readonly<Record<string, JsonObject>>> = fc
  .tuple(fc.subarray(SERVICES, { minLength: 1 }), fc.tuple(...SERVICES.map(drawnDocument)))
  .map(([services, documents]) =>
    Object.fromEntries(services.map((service) => [service, documents[SERVICES.indexOf(service)] ?? {}])),
  );

const pattern = fc
  .tuple(fc.array(fc.constantFrom(...WORDS, "api", ":p"), { maxLength: 2 }), fc.boolean())
  .map(([segments, isPrefix]) => {
    const named = segments.map((text, i) => (text === ":p" ? `:p${i}` : text));
    return `/${[...named, ...(isPrefix ? ["*"] : [])].join("/")}`;
  });
const prefix = fc.constantFrom("/api", "/v1", "/api/users", "/users");
const target = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SERVICES).map((service) => ({ service })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 30, 70).map((weight) => ({
      weighted: [
        { service: "users", weight },
        { service: "new-orders", weight: 100 - weight },
      ],
    })),
  },
);
const change: fc.Arbitrary<Pick<RouteConfig, "strip-prefix" | "add-prefix" | "rewrite">> = fc.oneof(
  fc.record({ "strip-prefix": prefix, "add-prefix": prefix }, { requiredKeys: [] }),
  fc.constantFrom({ rewrite: "/users/*" }, { rewrite: "/list" }, { rewrite: "/v1/:p0" }),
);
const conditions = fc.record(
  { methods: fc.constantFrom<string[]>(["GET"], ["GET", "POST"]), host: fc.constantFrom("h.test", "*.test") },
  { requiredKeys: [] },
);

/** As most routes are: everything below a word goes to a service that knows nothing of it. */
const usual = fc
  .tuple(fc.constantFrom("", "/api", "/v1"), target)
  .map(
    ([word, goal]): RouteConfig =>
      Object.assign({ path: `${word}/*`, plugins: {}, ...(word !== "" && { "strip-prefix": word }) }, goal),
  );
const unusual = fc
  .tuple(pattern, target, change, conditions)
  .filter(([path, , { rewrite = "" }]) => !(rewrite.includes("*") && !path.includes("*")))
  .filter(([path, , { rewrite = "" }]) => !(rewrite.includes(":p0") && !path.includes(":p0")))
  .map(([path, ...parts]): RouteConfig => Object.assign({ path, plugins: {} }, ...parts));

/** Route tables that the configuration would take. */
export const drawnRoutes: fc.Arbitrary<readonly RouteConfig[]> = fc.array(fc.oneof(usual, unusual), {
  minLength: 1,
  maxLength: 5,
});

function isParameter(segment: string): boolean {
  return segment.startsWith("{");
}
