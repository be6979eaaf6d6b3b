import { describe, expect, test } from "bun:test";
import { ReferenceScan } from "../../../src/openapi/files/reference-scan.ts";

function scanned(...pieces: readonly string[]): boolean {
  const scan = new ReferenceScan();
  for (const piece of pieces) scan.add(new TextEncoder().encode(piece));
  return scan.isFound;
}

const LEADING_OUT = [
  '{"$ref":"user.json"}',
  '{"$ref" : "http://a/b#/c"}',
  "a:\n  $ref: ./user.yaml",
  "a:\n  $ref:\n    'user.yaml#/User'",
  "a: { '$ref': user.yaml }",
  '{"a":{"$ref":"#/x"},"b":{"$ref":"y"}}',
];
const STAYING = [
  '{"$ref":"#/a"}',
  "a:\n  $ref: '#/a'",
  "{}",
  '{"ref":"user.json"}',
  "",
  `{"$ref":"#/${"x".repeat(200)}"}`,
];

describe("a document", () => {
  for (const text of LEADING_OUT) {
    test(`${text} leads out, wherever it is cut`, () => {
      expect(scanned(text)).toBe(true);
      for (let i = 0; i <= text.length; i++) expect([i, scanned(text.slice(0, i), text.slice(i))]).toEqual([i, true]);
      expect(scanned(...text)).toBe(true);
    });
  }

  for (const text of STAYING) {
    test(`${text.slice(0, 40)} does not`, () => {
      for (let i = 0; i <= text.length; i++) expect(scanned(text.slice(0, i), text.slice(i))).toBe(false);
      expect(scanned(...text)).toBe(false);
    });
  }
});
