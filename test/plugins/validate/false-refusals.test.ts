import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/plugin.ts";
import { checker } from "./support.ts";

describe("what would be refused wrongly", () => {
  const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
    type: "object",
    properties,
    ...more,
  });

  test("two patterns for the automata, which are two", () => {
    const { check } = checker(
      object({ a: { pattern: "^(a|b)+$" }, c: { pattern: "^(c|d)+$" }, none: { pattern: "^(?!x)" } }),
    );
    expect(check({ a: "ab", c: "cd", none: "anything" })).toBeUndefined();
    expect(check({ a: "cd" })).toHaveLength(1);
    expect(check({ c: "ab" })).toHaveLength(1);
  });

  test("patterns as other languages write them", () => {
    const { check } = checker(
      object({ ruby: { pattern: "\\A[a-z]+\\z" }, flag: { pattern: "(?i)^abc$" }, slashes: { pattern: "/^abc$/" } }),
    );
    expect(check({ ruby: "abc", flag: "ABC", slashes: "abc" })).toBeUndefined();
    expect(check({ ruby: "a-b" })).toHaveLength(1);
    expect(check({ slashes: "abcd" })).toHaveLength(1);
  });

  test("multiples of a decimal fraction", () => {
    const { check } = checker({ multipleOf: 0.01 });
    for (const value of [0, 0.07, 4.35, 19.99, 1_234_567.89, -1_234_567.89, 1e15, 1e300])
      expect([value, check(value)]).toEqual([value, undefined]);
    for (const value of [0.001, 19.995, 1_234_567.891])
      expect([value, check(value)?.[0]?.detail]).toEqual([value, "must be multiple of 0.01"]);
    expect(checker({ multipleOf: 3 }).check(10)).toHaveLength(1);
  });

  test("what is read only, required by another part of the same schema", () => {
    const id: JsonObject = object({ id: { type: "integer", readOnly: true } });
    const $ref = "#/components/schemas/Base";
    const named = object({ name: { type: "string" } });
    for (const schema of [
      { allOf: [{ $ref }, { ...named, required: ["id", "name"] }] },
      { ...named, required: ["id"], allOf: [{ $ref }] },
      { required: ["id"], allOf: [{ allOf: [{ $ref }] }] },
      { $ref, required: ["id"] },
      { allOf: [{ $ref: "#/components/schemas/Child" }], required: ["id"] },
    ] as const) {
      const { check } = checker(schema, { Base: id, Child: { $ref } });
      expect([schema, check({ name: "x" })]).toEqual([schema, undefined]);
    }
    expect(checker({ allOf: [{ $ref }, { required: ["id", "name"] }] }, { Base: id }).check({})?.[0]?.pointer).toBe(
      "/name",
    );
  });

  describe("two of a oneOf that differ in the discriminator alone", () => {
    const pet = (more: JsonObject = {}) =>
      object({ kind: { type: "string" }, name: { type: "string" }, ...more }, { required: ["kind"] });
    const schemas = { Cat: pet(), Dog: pet({ size: { type: "integer" } }) };
    const oneOf = [{ $ref: "#/components/schemas/Cat" }, { $ref: "#/components/schemas/Dog" }];

    test("by their names", () => {
      const { check } = checker({ oneOf, discriminator: { propertyName: "kind" } }, schemas);
      expect(check({ kind: "Cat", name: "x" })).toBeUndefined();
      expect(check({ kind: "Dog", size: 1 })).toBeUndefined();
      expect(check({ kind: "Dog", size: "x" })?.map(({ pointer }) => pointer)).toContain("/size");
      // What the discriminator does not know is as it is without one.
      expect(check({ kind: "Cow" })).toHaveLength(1);
    });

    test("by a mapping, of names and of references", () => {
      const mapping = { c: "#/components/schemas/Cat", d: "Dog" };
      const { check } = checker({ oneOf, discriminator: { propertyName: "kind", mapping } }, schemas);
      expect([check({ kind: "c", name: "x" }), check({ kind: "d", size: 1 }), check({ kind: "Cat" })]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(check({ kind: "d", size: "x" })).toBeDefined();
    });

    test("and what is evaluated by the one that is meant is evaluated", () => {
      const schema = { oneOf, discriminator: { propertyName: "kind" }, unevaluatedProperties: false };
      const { check } = checker(schema, schemas);
      expect(check({ kind: "Dog", size: 1 })).toBeUndefined();
      expect(check({ kind: "Cat", size: 1 })).toBeDefined();
    });
  });
});
