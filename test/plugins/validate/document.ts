import type { JsonObject } from "../../../src/plugin.ts";

const query = (name: string, schema: JsonObject, more: JsonObject = {}) => ({ name, in: "query", schema, ...more });
const list = { type: "array", items: { type: "integer" }, maxItems: 3 } as const;
const point = {
  type: "object",
  required: ["x"],
  properties: { x: { type: "integer" }, y: { type: "boolean" } },
  additionalProperties: false,
} as const;
const ok = { "200": { description: "ok" } } as const;
const body = (type: string, schema: JsonObject, more: JsonObject = {}) => ({
  required: true,
  content: { [type]: { schema, ...more } },
});

/** An operation for everything that can be checked. */
export const DOCUMENT: JsonObject = {
  openapi: "3.1.0",
  info: { title: "All", version: "1" },
  servers: [{ url: "/v1" }],
  paths: {
    "/things/{id}": {
      parameters: [{ name: "id", in: "path", required: true, schema: { type: "integer", minimum: 1 } }],
      get: { responses: { ...ok, "4XX": { description: "no" } } },
      post: {
        parameters: [{ name: "X-Level", in: "header", required: true, schema: { enum: ["low", "high"] } }],
        requestBody: body("application/json", { $ref: "#/components/schemas/Thing" }),
        responses: {
          "201": {
            description: "made",
            headers: { location: { required: true, schema: { type: "string", pattern: "^/" } } },
            content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } },
          },
        },
      },
    },
    "/things/latest": { get: { responses: ok } },
    "/files/{name}.{kind}": {
      get: {
        parameters: [
          { name: "name", in: "path", required: true, schema: { type: "string", maxLength: 5 } },
          { name: "kind", in: "path", required: true, schema: { enum: ["txt", "png"] } },
        ],
        responses: ok,
      },
    },
    "/lists/{ids}/{at}": {
      get: {
        parameters: [
          { name: "ids", in: "path", required: true, schema: list },
          { name: "at", in: "path", required: true, explode: true, schema: point },
        ],
        responses: ok,
      },
    },
    "/search": {
      get: {
        parameters: [
          query("many", list),
          query("commas", list, { explode: false }),
          query("spaces", list, { style: "spaceDelimited", explode: false }),
          query("pipes", list, { style: "pipeDelimited", explode: false }),
          query("deep", point, { style: "deepObject", explode: true }),
          query("flat", point, { explode: false }),
          query("spread", { ...point, required: [] }),
          query("flag", { type: ["boolean", "null"] }),
          query("rate", { type: "number" }),
          query("code", { oneOf: [{ type: "integer" }, { type: "string", maxLength: 2 }] }),
          query("on", { type: "string", format: "date" }),
          query("size", { type: "integer", default: 10 }, { required: true }),
          query("empty", { type: "integer" }, { allowEmptyValue: true }),
          { name: "filter", in: "query", content: { "application/json": { schema: point } } },
          { name: "X-Ids", in: "header", schema: list },
          { name: "seen", in: "cookie", schema: { type: "integer" } },
          { name: "Accept", in: "header", required: true, schema: { type: "integer" } },
        ],
        responses: ok,
      },
    },
    "/form": {
      post: {
        requestBody: body(
          "application/x-www-form-urlencoded",
          {
            type: "object",
            required: ["age"],
            properties: { age: { type: "integer" }, tags: list, at: point, flat: point },
            additionalProperties: false,
          },
          { encoding: { flat: { style: "deepObject" } } },
        ),
        responses: ok,
      },
    },
    "/upload": {
      post: {
        requestBody: body(
          "multipart/form-data",
          {
            type: "object",
            required: ["picture"],
            properties: {
              picture: { type: "string", format: "binary", maxLength: 10 },
              age: { type: "integer" },
              at: point,
              notes: { type: "array", items: { type: "string", minLength: 2 } },
            },
            additionalProperties: false,
          },
          { encoding: { picture: { contentType: "image/png, image/*" } } },
        ),
        responses: ok,
      },
    },
    "/raw": {
      post: {
        requestBody: {
          content: {
            "application/octet-stream": {},
            "text/*": { schema: {} },
            "text/plain": { schema: { type: "string", maxLength: 5 } },
            "application/*": { schema: { type: "object" } },
          },
        },
        responses: ok,
      },
    },
  },
  components: {
    schemas: {
      Thing: {
        type: "object",
        required: ["id", "name", "secret"],
        properties: {
          id: { type: "integer", readOnly: true },
          secret: { type: "string", writeOnly: true },
          name: { type: "string", minLength: 1, maxLength: 10 },
          email: { type: "string", format: "email" },
          price: { type: "number", multipleOf: 0.01, exclusiveMinimum: 0 },
          code: { type: "string", pattern: "^(a+)+$" },
          parent: { oneOf: [{ $ref: "#/components/schemas/Thing" }, { type: "null" }] },
        },
        additionalProperties: false,
      },
    },
  },
};
