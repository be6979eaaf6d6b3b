import { describe, expect, test } from "bun:test";
import { compilePattern } from "../../../plugins/validate/patterns.ts";
import { areUnique } from "../../../plugins/validate/unique.ts";
import type { JsonObject } from "../../../src/plugin.ts";
import { checker } from "./support.ts";

describe("a format", () => {
  test.each([
    [
      "date-time",
      ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5+01:00"],
      ["2026-02-30T12:00:00Z", "2026-01-31", "now"],
    ],
    ["date", ["2024-02-29"], ["2026-02-29", "26-01-01"]],
    ["time", ["12:00:00Z"], ["25:00:00Z"]],
    ["duration", ["P1DT2H"], ["1h"]],
    [
      "email",
      ["a@b", "a.b+c@example.com"],
      ["a", "@b", "a@", "a@b@c.d ", "a..b@c", ".a@b", "a@-b", `${"a".repeat(65)}@b`],
    ],
    ["hostname", ["a", "a-b.example.com"], ["", "a..b", "-a", "a_b", "a".repeat(64)]],
    ["ipv4", ["192.0.2.1"], ["256.0.0.1", "1.2.3"]],
    ["ipv6", ["2001:db8::1"], ["2001:db8", "1::2::3"]],
    ["uri", ["https://a.example/b?c=%20#d", "urn:a:b"], ["/a", "a b:c", "a:%2", "http://a b"]],
    ["url", ["https://a.example/"], ["urn:a:b"]],
    ["uri-reference", ["/a", "", "b?c"], ["a b", "%zz", "\\"]],
    ["uri-template", ["/a/{b}"], ["/a/{b", "/a}", "/{a{b}}", "a b"]],
    ["uuid", ["6f1e2d3c-4b5a-4978-8897-a6b5c4d3e2f1"], ["6f1e2d3c"]],
    ["json-pointer", ["", "/a~1b"], ["a", "/~2"]],
    ["regex", ["^a$"], ["("]],
    ["byte", ["dGV4dA==", ""], ["dGV4dA=", "*"]],
    ["binary", ["\u0000\u00ff"], []],
    ["integer", ["-7"], ["7.5", "x"]],
    ["numeric", ["7.5"], ["x"]],
    ["boolean", ["true"], ["yes"]],
    ["of-our-own", ["anything"], []],
  ])("%s", (format, good, bad) => {
    const { check } = checker({ type: "string", format });
    for (const value of good) expect([value, check(value)]).toEqual([value, undefined]);
    for (const value of bad) expect([value, check(value)?.length]).toEqual([value, 1]);
  });

  test("of numbers", () => {
    expect(checker({ type: "integer", format: "int32" }).check(2 ** 31)).toHaveLength(1);
    expect(checker({ type: "integer", format: "int64" }).check(2 ** 40)).toBeUndefined();
    expect(checker({ type: "integer", format: "int64" }).check(-(2 ** 63))).toBeUndefined();
    // What 9223372036854775807 is read as.
    expect(checker({ type: "integer", format: "int64" }).check(2 ** 63)).toBeUndefined();
    expect(checker({ type: "integer", format: "int64" }).check(2 ** 63 + 2_048)).toBeDefined();
    expect(checker({ type: "number", format: "double" }).check(1.5)).toBeUndefined();
  });

  test.each([
    "date-time",
    "email",
    "uri",
    "uri-reference",
    "uri-template",
    "json-pointer",
    "hostname",
    "regex",
    "byte",
    "ipv6",
  ])("%s takes no time for a text that is long and evil", (format) => {
    const { check } = checker({ type: "string", format });
    const before = process.cpuUsage();
    for (const part of ["a", "/", "a.", "a@", "%41", "{a}", "1:", "(a*)*", "\\", "~0"]) {
      check(part.repeat(1_000_000 / part.length));
      check(`http://${part.repeat(1_000_000 / part.length)}`);
    }
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });
});

describe("a pattern", () => {
  test.each([
    ["^[a-z]+$", "abc", "ab1"],
    ["^\\d{3}-\\w?$", "123-a", "12-a"],
    ["b", "abc", "ac"],
    ["^(a|b)+c$", "ababc", "abab"],
    ["^[\\w.-]+@[\\w.-]+$", "a@b", "a"],
    ["^\\p{Lu}", "Éa", "éa"],
    ["^[\\w-\\.]+$", "a-b.c", "a b"],
    ["^/[a-z]+/[0-9]+$", "/a/1", "/a"],
    ["^.{2,3}$", "äöü", "äöüä"],
  ])("%s", (source, good, bad) => {
    const unchecked: string[] = [];
    const pattern = compilePattern(source, (why) => unchecked.push(why));
    expect([pattern.test(good), pattern.test(bad), unchecked]).toEqual([true, false, []]);
  });

  test.each([
    "^(a+)+$",
    "^(a|a)*$",
    "(x+x+)+y",
    "a*a*a*a*a*b",
    ".*.*=.*",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "^a?a?a?a?a?a?a?a?aaaaaaaa$",
  ])("%s takes no longer than its text is long", (source) => {
    const pattern = compilePattern(source, () => undefined);
    const before = process.cpuUsage();
    for (const text of ["a".repeat(30_000), "x".repeat(30_000), `${"a".repeat(30_000)}!`]) pattern.test(text);
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });
});

describe("a value that doubles the work with each level", () => {
  const node = { $ref: "#/components/schemas/Node" };
  const branch = (kind: string) => ({
    type: "object",
    required: ["next", "kind"],
    properties: { next: node, kind: { const: kind } },
  });
  const schemas = { Node: { oneOf: [branch("a"), branch("b"), { type: "integer" }] } } as unknown as JsonObject;
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { next: nested(depth - 1), kind: "a" });

  test("is refused when that is too much, and found right while it is not", () => {
    const { check, unchecked } = checker(node, schemas);
    expect(check(nested(5))).toBeUndefined();
    const before = process.cpuUsage();
    expect(check(nested(60))).toEqual([{ pointer: "", detail: "is too complex to be checked" }]);
    expect(check({ next: nested(4), kind: "c" })?.length).toBeGreaterThan(0);
    expect(check({ ...(nested(60) as object), kind: "c" })?.length).toBeGreaterThan(0);
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
    expect(unchecked).toEqual([]);
  });

  test("is not taken for one because it is long", () => {
    const { check } = checker({ type: "array", items: node }, schemas);
    expect(check(Array.from({ length: 50_000 }, () => 1))).toBeUndefined();
    expect(check(Array.from({ length: 5_000 }, () => ({ next: 1, kind: "b" })))).toBeUndefined();
  });
});

describe("items are unique", () => {
  test.each([
    [[], true],
    [[1, "1", true, "true", null, "null", [1], "[1]", { a: 1 }, '{"a":1}'], true],
    [[1, 2, 1], false],
    [["a", "a"], false],
    [
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
      false,
    ],
    [[{ a: 1 }, { a: 2 }], true],
    [[0, -0], false],
    [[[], []], false],
  ])("%j: %p", (items, expected) => {
    expect(areUnique(items)).toBe(expected);
    expect(checker({ uniqueItems: true }).check(items) === undefined).toBe(expected);
    expect(checker({ uniqueItems: false }).check(items)).toBeUndefined();
  });

  test("in one pass over many", () => {
    const before = process.cpuUsage();
    expect(areUnique(Array.from({ length: 100_000 }, (_, i) => ({ i })))).toBe(true);
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });
});

describe("keywords of OpenAPI", () => {
  test("nullable, without a type too", () => {
    for (const schema of [
      { type: "string", nullable: true },
      { enum: ["a"], nullable: true },
      { $ref: "#/components/schemas/S", nullable: true },
    ] as const) {
      const { check, unchecked } = checker(schema, { S: { type: "string" } });
      expect([check(null), check("a"), check(5)?.length !== undefined, unchecked]).toEqual([
        undefined,
        undefined,
        true,
        [],
      ]);
    }
    expect(checker({ anyOf: [{ type: "string" }], nullable: false }).check(null)).toBeDefined();
  });

  test("what is known by an id, an anchor or a pointer is found", () => {
    const schemas = {
      A: { $id: "#/components/schemas/A", $anchor: "here", type: "integer", $defs: { inner: { type: "boolean" } } },
    } as const;
    for (const [ref, good, bad] of [
      ["#/components/schemas/A", 1, "x"],
      ["#here", 1, "x"],
      ["#/components/schemas/A/$defs/inner", true, 1],
    ] as const) {
      const { check, unchecked } = checker({ $ref: ref }, schemas);
      expect([ref, check(good), check(bad)?.length, unchecked]).toEqual([ref, undefined, 1, []]);
    }
    expect(checker({ $dynamicRef: "#here" }, schemas).check("x")).toHaveLength(1);
    expect(checker({ $ref: "https://elsewhere.example/a.json" }).check("x")).toBeUndefined();
  });

  test("ids that are there twice, and dialects, are of no matter", () => {
    const own = { $id: "https://a.example/x", $schema: "https://a.example/dialect", type: "integer" } as const;
    const { check, unchecked } = checker(
      { $ref: "#/components/schemas/C" },
      {
        A: own,
        B: { ...own, type: "string" },
        C: {
          ...own,
          type: "object",
          properties: { a: { $ref: "#/components/schemas/A" }, b: { $ref: "#/components/schemas/B" } },
        },
      },
    );
    expect([
      check({ a: 1, b: "x" }),
      check({ a: "x" })?.[0]?.pointer,
      check({ b: 1 })?.[0]?.pointer,
      unchecked,
    ]).toEqual([undefined, "/a", "/b", []]);
  });

  test("a property may have any name", () => {
    const { check, unchecked } = checker({
      type: "object",
      properties: {
        id: { type: "integer" },
        $ref: { type: "string" },
        nullable: { type: "boolean" },
        required: { type: "integer" },
      },
    });
    expect([
      check({ id: "x" })?.[0]?.pointer,
      check({ nullable: 1 })?.[0]?.pointer,
      check({ id: 1 }),
      unchecked,
    ]).toEqual(["/id", "/nullable", undefined, []]);
  });
});

test("a schema that is too large is not checked, and that is told", () => {
  const properties = Object.fromEntries(Array.from({ length: 5_001 }, (_, i) => [`p${i}`, {}]));
  const { check, unchecked } = checker({ properties });
  expect(check({ p1: 1 })).toBeUndefined();
  expect(unchecked).toEqual([expect.stringContaining("5000 objects")]);
});
