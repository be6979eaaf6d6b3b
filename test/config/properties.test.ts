import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseDocumentText } from "../../src/config/document.ts";
import { replaceVariables } from "../../src/config/env.ts";
import { deepFreeze } from "../../src/config/freeze.ts";
import { toNode, toValue } from "../../src/config/node.ts";
import { formatProblems } from "../../src/config/report.ts";
import { ConfigSchema } from "../../src/config/schema.ts";
import { createSource, positionOf } from "../../src/config/source.ts";
import { validate } from "../../src/config/validate.ts";

const source = createSource("a.yaml", "/a.yaml", "");

/** YAML-like text: pieces that mean something, in any order. */
const yamlText = fc
  .array(
    fc.constantFrom(
      "a",
      ": ",
      "\n",
      "  ",
      "- ",
      "{",
      "}",
      "[",
      "]",
      ",",
      '"',
      "'",
      "&x ",
      "*x",
      "<<: ",
      "${A}",
      "${",
      "1",
      "null",
      "|",
      "\t",
      "#",
      "routes",
      "listen",
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

describe("whatever the text", () => {
  test("it is a tree or problems with places, never a throw", () => {
    fc.assert(
      fc.property(fc.oneof(yamlText, fc.string({ unit: "binary" })), (text) => {
        const document = createSource("a.yaml", "/a.yaml", text);
        const { root, problems } = parseDocumentText(document);
        if (root === undefined) expect(problems.length).toBeGreaterThan(0);
        const all = [...problems];
        if (root !== undefined) all.push(...validate(ConfigSchema, replaceVariables(root, { A: "x" }, all)).problems);
        for (const { line, column } of all) expect(Math.min(line, column)).toBeGreaterThan(0);
        formatProblems(all, true);
      }),
      { numRuns: 500 },
    );
  });

  test("positions agree with counting", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "\r", "é") }), fc.nat(), (text, seed) => {
        const offset = text.length === 0 ? 0 : seed % text.length;
        const before = text.slice(0, offset).split("\n");
        const place = { source: createSource("a", "/a", text), offset };
        expect(positionOf(place)).toEqual({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
      }),
    );
  });
});

describe("whatever the value", () => {
  const value = fc.jsonValue({ maxDepth: 3 }).filter((json) => !JSON.stringify(json).includes("__proto__"));

  test("it survives as a node", () => {
    fc.assert(fc.property(value, (json) => expect(toValue(toNode(json, { source, offset: 0 }))).toEqual(json)));
  });

  test("frozen, nothing in it can change", () => {
    const isFrozen = (inner: unknown): boolean =>
      typeof inner !== "object" || inner === null || (Object.isFrozen(inner) && Object.values(inner).every(isFrozen));
    fc.assert(fc.property(value, (json) => expect(isFrozen(deepFreeze(json))).toBeTrue()));
  });
});
