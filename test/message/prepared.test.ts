import { expect, test } from "bun:test";
import { HeaderList } from "../../src/message/headers.ts";
import { PreparedFields } from "../../src/message/prepared.ts";

const FIELDS = HeaderList.of([
  ["x-a", "1: 2"],
  ["x-empty", ""],
  ["x-a", "\u00fc"],
]);

function written(fields: PreparedFields): string {
  let text = "";
  fields.copyTo({
    part(source, start, end) {
      text += source.toString("latin1", start, end);
    },
  });
  return text;
}

test("lines are written as they were composed, and read back as they were", () => {
  const prepared = PreparedFields.of(FIELDS);
  expect(written(prepared)).toBe("x-a: 1: 2\r\nx-empty: \r\nx-a: \u00fc\r\n");
  expect([...new HeaderList(prepared)]).toEqual([...FIELDS]);
  expect([prepared.byteLength, prepared.hasDate]).toEqual([written(prepared).length, false]);
});

test("further lines stand behind them, and change nothing in the others", () => {
  const prepared = PreparedFields.of(FIELDS);
  const more = prepared.with(HeaderList.of({ date: "today", age: "1" }));
  expect(written(more)).toBe(`${written(prepared)}date: today\r\nage: 1\r\n`);
  expect([more.hasDate, prepared.hasDate]).toEqual([true, false]);
  expect(new HeaderList(more).get("age")).toBe("1");
});

test("a list of them may be changed without changing them", () => {
  const prepared = PreparedFields.of(FIELDS);
  const list = new HeaderList(prepared);
  list.set("x-empty", "no");
  expect([list.wire, list.get("x-empty"), new HeaderList(prepared).get("x-empty")]).toEqual([undefined, "no", ""]);
});

test("the room behind the lines is theirs who asked for it", () => {
  const prepared = PreparedFields.of(FIELDS, 3);
  prepared.buffer.write("abc", prepared.byteLength);
  expect(prepared.buffer.byteLength).toBe(prepared.byteLength + 3);
  expect([...new HeaderList(prepared)]).toEqual([...FIELDS]);
});
