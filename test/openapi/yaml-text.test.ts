import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parse } from "yaml";
import { parsePlainYaml } from "../../src/config/document.ts";
import type { Json } from "../../src/openapi/json.ts";
import { yamlText } from "../../src/openapi/yaml-text.ts";

/** Texts that YAML, of any version, could take for something else. */
const ODD = [
  "",
  " ",
  "yes",
  "No",
  "null",
  "~",
  "1",
  "1.0",
  "0x1f",
  "1e3",
  ".5",
  "-",
  "- a",
  "a: b",
  "a #b",
  "#",
  "&a",
  "*a",
  "!a",
  "|",
  ">",
  "%a",
  "@a",
  "`a",
  "'a",
  '"a',
  "[a",
  "{a",
  "a]",
  "a, b",
  "a\nb",
  "a\u2028b",
  "\ufeffa",
  "\u0085",
  "2026-01-01",
  "12:30",
  "=",
  "<<",
  "a ",
  " a",
  "/a/{b}",
  "$ref",
  "true",
  "\\",
  "\t",
];

describe("YAML", () => {
  test("has what the value has", () => {
    const word = fc.oneof(fc.constantFrom(...ODD), fc.string({ unit: "grapheme", maxLength: 12 }));
    const key = word.filter((one) => one !== "__proto__" && one !== "<<");
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        word,
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => (Object.is(one, -0) ? 0 : one)),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(key, tie("value"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, (one) => {
        const text = yamlText(one);
        expect(parse(text)).toEqual(one);
        expect(parsePlainYaml(text)).toEqual({ value: one });
      }),
      { numRuns: 500 },
    );
  });

  test("is in blocks, and in quotes only where it must be", () => {
    const value = {
      openapi: "3.1.1",
      tags: [{ name: "a b" }, []],
      paths: { "/a/{id}": { get: { responses: { 200: {} } } } },
    };
    expect(yamlText(value)).toBe(`openapi: "3.1.1"
tags:
  - name: a b
  - []
paths:
  "/a/{id}":
    get:
      responses:
        "200": {}
`);
    expect(yamlText([[1, [2]], { a: [3] }])).toBe("- - 1\n  - - 2\n- a:\n    - 3\n");
    expect(yamlText("a")).toBe("a\n");
  });
});
