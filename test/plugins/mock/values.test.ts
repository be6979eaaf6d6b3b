import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { valueFor } from "../../../plugins/mock/values.ts";
import { Schemas } from "../../../plugins/validate/schemas.ts";
import { shapeOf } from "../../../plugins/validate/shape.ts";
import { Source } from "../../../src/openapi/source.ts";
import type { Json, JsonObject } from "../../../src/plugin.ts";

function made(schema: Json, schemas: JsonObject = {}) {
  const source = new Source("test", { openapi: "3.1.0", components: { schemas } });
  const unchecked: string[] = [];
  const check = new Schemas(source, "response", (what) => unchecked.push(what)).check(schema, "it");
  const value = valueFor(schema, source);
  return { value, faults: check(value, 0) ?? unchecked };
}

describe("what a schema gives is taken", () => {
  test.each<[JsonObject, Json]>([
    [{ const: 5 }, 5],
    [{ type: "string", example: "e", default: "d" }, "e"],
    [{ type: "string", examples: ["one", "two"], default: "d" }, "one"],
    [{ type: "string", default: "d", enum: ["x", "d"] }, "d"],
    [{ enum: ["x", "y"] }, "x"],
    [{ type: "boolean", default: false }, false],
    [{ type: ["null", "string"], example: null }, null],
  ])("%j: %j", (schema, expected) => {
    expect(made(schema).value).toEqual(expected);
  });
});

const FORMATS =
  "date-time date time duration email hostname ipv4 ipv6 uri url uri-reference uri-template uuid json-pointer relative-json-pointer regex byte binary password integer numeric boolean";

describe("what is made is as the schema says", () => {
  test.each<[JsonObject]>([
    ...FORMATS.split(" ").map((format): [JsonObject] => [{ type: "string", format }]),
    [{ type: "string", minLength: 20 }],
    [{ type: "string", maxLength: 2 }],
    [{ type: "string", pattern: "^[A-Z]{2}-\\d{3,5}$" }],
    [{ type: "string", pattern: "^v\\d+\\.\\d+$" }],
    [{ type: "integer", minimum: 7, maximum: 9 }],
    [{ type: "integer", maximum: -3 }],
    [{ type: "integer", exclusiveMinimum: 0 }],
    [{ type: "integer", multipleOf: 7, minimum: 20 }],
    [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }],
    [{ type: "number", multipleOf: 0.01, minimum: 19.99 }],
    [{ type: ["null", "integer"] }],
    [{ type: "array", items: { type: "integer" }, minItems: 3, uniqueItems: true }],
    [{ type: "array", items: { type: "string" }, maxItems: 0 }],
    [{ type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], items: false, minItems: 2 }],
    [
      {
        type: "object",
        required: ["a", "b"],
        properties: { a: { type: "integer" } },
        additionalProperties: { type: "string" },
      },
    ],
    [
      {
        type: "object",
        required: ["id"],
        properties: { id: { type: "integer" }, secret: { type: "string", writeOnly: true } },
      },
    ],
    [{ oneOf: [{ type: "null" }, { type: "object", required: ["a"], properties: { a: { type: "integer" } } }] }],
    [{ allOf: [{ type: "integer", minimum: 3 }, { minimum: 5 }, { maximum: 6 }] }],
    [
      {
        allOf: [
          { type: "object", required: ["a"], properties: { a: { type: "string" } } },
          { required: ["b"], properties: { b: { type: "boolean" } } },
        ],
      },
    ],
    [
      {
        anyOf: [
          { type: "string", format: "integer" },
          { type: "integer", minimum: 1 },
        ],
        minimum: 1,
      },
    ],
  ])("%j", (schema) => {
    expect(made(schema).faults).toEqual([]);
  });

  test("also where schemas refer to themselves", () => {
    const ref = { $ref: "#/components/schemas/Node" };
    for (const more of [{}, { nullable: true }]) {
      const next = { type: "array", items: ref } as const;
      const parent = { oneOf: [ref, { type: "null" }] } as const;
      const schemas = {
        Node: {
          type: "object",
          required: ["id", "next"],
          properties: { id: { type: "integer" }, next, parent, ...more },
        },
      };
      const { value, faults } = made(ref, schemas as unknown as JsonObject);
      expect(faults).toEqual([]);
      expect(JSON.stringify(value).length).toBeLessThan(100_000);
    }
  });

  test("and ends where it cannot be", () => {
    const ref = { $ref: "#/components/schemas/Node" };
    const endless = { Node: { type: "object", required: ["next"], properties: { next: ref } } } as const;
    expect(JSON.stringify(made(ref, endless).value).length).toBeLessThan(1_000);
    expect(made({ allOf: [ref] }, { Node: { allOf: [ref] } }).value).toEqual({});
    expect(made(ref, { Node: ref }).value).toEqual({});
    const wide = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`p${i}`, ref]));
    const { value } = made(ref, { Node: { type: "object", properties: wide } });
    expect(JSON.stringify(value).length).toBeLessThan(1_000_000);
  });
});

const NOTHING = new Source("test", { openapi: "3.1.0" });

const { schema } = fc.letrec((tie) => {
  const inner = tie("schema") as fc.Arbitrary<JsonObject>;
  const range = fc
    .tuple(fc.integer({ min: -50, max: 50 }), fc.nat(50))
    .map(([minimum, more]) => ({ minimum, maximum: minimum + more }));
  const properties = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), inner, { maxKeys: 4 });
  return {
    schema: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(
        range.map((bounds): JsonObject => ({ type: "integer", ...bounds })),
        range.map((bounds): JsonObject => ({ type: "number", ...bounds })),
        fc.constant<JsonObject>({ type: "boolean" }),
        fc.constantFrom(...FORMATS.split(" ")).map((format): JsonObject => ({ type: "string", format })),
        fc
          .tuple(fc.nat(9), fc.nat(9))
          .map(([least, more]): JsonObject => ({ type: "string", minLength: least, maxLength: least + more })),
      ),
      inner.chain((items) => fc.nat(3).map((minItems): JsonObject => ({ type: "array", items, minItems }))),
      properties.map(
        (all): JsonObject => ({
          type: "object",
          properties: all,
          required: Object.keys(all),
          additionalProperties: false,
        }),
      ),
      fc.array(inner, { minLength: 1, maxLength: 3 }).map((anyOf): JsonObject => ({ anyOf })),
    ),
  };
});

test("whatever the schema, the value is as it says, and the same each time", () => {
  fc.assert(
    fc.property(schema as fc.Arbitrary<JsonObject>, (one) => {
      const { value, faults } = made(one);
      expect(faults).toEqual([]);
      expect(valueFor(one, NOTHING)).toEqual(value);
    }),
    { numRuns: 100 },
  );
}, 60_000);

describe("what has no end, or far too many parts, is given up in time", () => {
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const letters = [..."abcdefghij"];
  const bomb = (depth: number): JsonObject => ({ allOf: Array.from({ length: 12 }, () => ref(`bomb${depth + 1}`)) });
  const schemas: JsonObject = {
    choice: { oneOf: [ref("choice")] },
    choices: { anyOf: Array.from({ length: 40 }, () => ref("choices")) },
    extension: { allOf: [ref("extension"), ref("extension")] },
    list: { type: "array", minItems: 1, items: ref("list") },
    named: { type: "object", required: ["a", "b"], additionalProperties: ref("named") },
    wide: {
      type: "object",
      required: letters,
      properties: Object.fromEntries(letters.map((name) => [name, ref("wide")])),
    },
    long: { type: "array", minItems: 1e9, maxItems: 1e9, items: { type: "string" } },
    prefixed: { type: "array", prefixItems: Array.from({ length: 100_000 }, () => ({ type: "string" })) },
    pattern: { type: "string", pattern: "^a{999}a*a*a*a*a*[\\W]$" },
    nothing: { type: "number", multipleOf: 0, minimum: 5 },
    ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`bomb${i}`, bomb(i)])),
    bomb9: { type: "integer" },
  };
  const source = new Source("test", { openapi: "3.1.0", components: { schemas } });

  test.each(Object.keys(schemas))(
    "%s",
    (name) => {
      expect(JSON.stringify(valueFor(ref(name), source)).length).toBeLessThan(200_000);
      // validate has to know what such a schema is of, too.
      expect(shapeOf(ref(name), source).types.size).toBeLessThan(7);
    },
    10_000,
  );
});
