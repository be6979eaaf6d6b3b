import { expect, test } from "bun:test";
import { packed, unpacked } from "../../../src/openapi/sharing/packed.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("plain data comes back with its bytes, wherever they stand", () => {
  const value = { a: [bytes("one\n"), { b: bytes("") }], text: "line\n", c: bytes("three"), none: null };
  expect(unpacked(Buffer.concat(packed(value)))).toEqual(value);
});

test("bytes that were read come back as they are, too", () => {
  const [head, part] = packed({ a: [Buffer.from("one")] });
  expect(head?.byteLength).toBeLessThan(40);
  expect(part?.toString()).toBe("one");
  const [again] = (unpacked(Buffer.concat(packed({ a: [Buffer.from("one")] }))) as { a: [Uint8Array] }).a;
  expect(Buffer.from(again).toString()).toBe("one");
});

test("the bytes are not copied", () => {
  const own = bytes("own");
  expect(packed({ own })[1]).toBe(own);
});

test("what is cut off is noticed, wherever it ends", () => {
  const whole = Buffer.concat(packed({ a: bytes("one"), b: bytes("two") }));
  for (let end = 0; end < whole.length; end++) expect(() => unpacked(whole.subarray(0, end))).toThrow();
});
