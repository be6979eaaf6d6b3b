import { describe, expect, test } from "bun:test";
import { decodeValue } from "../../src/config/decode.ts";
import { Duration, Type } from "../../src/plugin.ts";

describe("decodeValue", () => {
  const schema = Type.Object({
    after: Duration({ default: "1s" }),
    names: Type.Array(Type.String(), { default: ["a"] }),
  });

  test("decodes a plain value", () => {
    expect(decodeValue(schema, { after: "5s" }, "/")).toEqual({ ok: true, value: { after: 5000, names: ["a"] } });
  });

  test("does not share defaults", () => {
    const [one, two] = [decodeValue(schema, {}, "/"), decodeValue(schema, {}, "/")];
    if (!one.ok || !two.ok) throw new Error("expected both to be valid");
    expect((one.value as { names: unknown }).names).not.toBe((two.value as { names: unknown }).names);
  });

  test("tells every problem", () => {
    expect(decodeValue(schema, { after: 5, names: [1] }, "/")).toEqual({
      ok: false,
      problems: [
        "after: expected a duration such as 250ms, 30s, 5m, 1h or 7d, found the number 5",
        "names[0]: expected text, found the number 1",
      ],
    });
  });
});
