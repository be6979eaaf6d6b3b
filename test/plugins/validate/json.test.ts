import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseJson } from "../../../plugins/validate/json.ts";

/** JSON in which names may occur twice, and whether one does. */
interface Written {
  readonly text: string;
  readonly isTwice: boolean;
}

const blank = fc.constantFrom("", " ", "\n\t");
const escaped = (name: string, isEscaped: boolean) =>
  isEscaped
    ? `"${[...name].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`
    : JSON.stringify(name);

const { written } = fc.letrec<{ written: Written }>((tie) => {
  const name = fc.tuple(fc.constantFrom(...'abcdefghijklmnopqrstuv"\\:{['), fc.boolean());
  const member = fc.record({ name, value: tie("written"), blank });
  return {
    written: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("1", '"a:{["', "null", '"\\\\"', '"\\""').map((text): Written => ({ text, isTwice: false })),
      fc.array(tie("written"), { maxLength: 4 }).map(
        (all): Written => ({
          text: `[${all.map(({ text }) => text).join(",")}]`,
          isTwice: all.some(({ isTwice }) => isTwice),
        }),
      ),
      fc.array(member, { maxLength: 20 }).map(
        (all): Written => ({
          text: `{${all.map(({ name: [own, isEscaped], value, blank: space }) => `${space}${escaped(own, isEscaped)}${space}:${value.text}`).join(",")}}`,
          isTwice:
            new Set(all.map(({ name: [own] }) => own)).size < all.length || all.some(({ value }) => value.isTwice),
        }),
      ),
    ),
  };
});

describe("JSON", () => {
  test("is read as it is meant, unless a name occurs twice", () => {
    let twice = 0;
    fc.assert(
      fc.property(written, ({ text, isTwice }) => {
        if (isTwice) {
          twice++;
          expect(() => parseJson(text)).toThrow("twice");
        } else expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 2_000 },
    );
    expect(twice).toBeWithin(100, 1_900);
  });

  test("may have the same names in objects side by side, however many", () => {
    const many = `{${Array.from({ length: 30 }, (_, i) => `"k${i}":{"k0":1}`).join(",")}}`;
    expect(parseJson(`[${many},${many},{"a":${many},"b":${many}}]`)).toHaveLength(3);
    expect(() => parseJson(`[${many},${many.slice(0, -1)},"k29":1}]`)).toThrow("twice");
    expect(() => parseJson(`[${many},${many.slice(0, -1)},"k0":1}]`)).toThrow("twice");
  });

  test("whatever else it is, is refused as such", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]":,\\1a ') })), (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(() => parseJson(text)).toThrow(/JSON|deeper/);
          return;
        }
        try {
          expect(parseJson(text)).toEqual(expected);
        } catch (error) {
          expect(String(error)).toContain("twice");
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test("of brackets and quotes alone takes no time", () => {
    const before = process.cpuUsage();
    for (const part of ['"', "\\", '\\"', '{"', '"a":', "[]", "{}", '"\\\\"']) {
      expect(() => parseJson(part.repeat(1_000_000 / part.length))).toThrow();
    }
    const names = Array.from({ length: 50_000 }, (_, i) => `"k${i}":{"k":1}`).join(",");
    expect(Object.keys(parseJson(`{${names}}`) as object)).toHaveLength(50_000);
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });
});
