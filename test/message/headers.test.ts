import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HeaderList } from "../../src/message/headers.ts";

const cookies = () => new HeaderList(["set-cookie", "a=1", "x", "1", "set-cookie", "b=2, c", "y", "2"]);

describe("reading", () => {
  test("get joins the lines of a name, in order", () => {
    expect(cookies().get("x")).toBe("1");
    expect(cookies().get("set-cookie")).toBe("a=1, b=2, c");
    expect(cookies().get("z")).toBeUndefined();
    expect(new HeaderList(["x", ""]).get("x")).toBe("");
    expect(new HeaderList(["x", "", "x", ""]).get("x")).toBe(", ");
  });

  test("getAll tells the lines apart", () => {
    expect(cookies().getAll("set-cookie")).toEqual(["a=1", "b=2, c"]);
    expect(cookies().getAll("z")).toEqual([]);
  });

  test("a value is never taken for a name", () => {
    const list = new HeaderList(["a", "b", "c", "a"]);
    expect(list.get("b")).toBeUndefined();
    expect(list.has("b")).toBe(false);
    expect(list.getAll("a")).toEqual(["b"]);
    list.delete("b");
    expect(list.size).toBe(2);
  });

  test("has, size and iteration see every line", () => {
    expect(cookies().has("y")).toBe(true);
    expect(cookies().has("Y")).toBe(false);
    expect(cookies().size).toBe(4);
    expect([...cookies()]).toEqual([
      ["set-cookie", "a=1"],
      ["x", "1"],
      ["set-cookie", "b=2, c"],
      ["y", "2"],
    ]);
    expect(new HeaderList().size).toBe(0);
  });
});

describe("changing", () => {
  test("set replaces all lines by one, in the place of the first", () => {
    const list = cookies();
    list.set("set-cookie", "z");
    expect(list.flat).toEqual(["set-cookie", "z", "x", "1", "y", "2"]);
    list.set("y", "3");
    list.set("new", "4");
    expect(list.flat).toEqual(["set-cookie", "z", "x", "1", "y", "3", "new", "4"]);
  });

  test("append keeps what is there", () => {
    const list = cookies();
    list.append("x", "2");
    expect(list.getAll("x")).toEqual(["1", "2"]);
    expect(list.flat.slice(-2)).toEqual(["x", "2"]);
  });

  test("delete removes every line of that name", () => {
    const list = cookies();
    list.delete("set-cookie");
    expect(list.flat).toEqual(["x", "1", "y", "2"]);
    list.delete("z");
    expect(list.size).toBe(2);
    list.delete("y");
    list.delete("x");
    expect(list.flat).toEqual([]);
  });

  test("deleteWhere removes what the test picks out", () => {
    const list = cookies();
    list.deleteWhere((name) => name !== "x");
    expect(list.flat).toEqual(["x", "1"]);
    list.deleteWhere(() => false);
    expect(list.flat).toEqual(["x", "1"]);
  });

  test("a copy goes its own way", () => {
    const list = cookies();
    const copy = list.copy();
    copy.set("x", "9");
    copy.delete("y");
    expect(list.flat).toEqual(cookies().flat);
    expect(copy.get("x")).toBe("9");
  });
});

describe("of", () => {
  test("takes pairs, an object, or web headers, and makes the names small", () => {
    const pairs: [string, string][] = [
      ["Set-Cookie", "a"],
      ["set-cookie", "B"],
    ];
    expect(HeaderList.of(pairs).flat).toEqual(["set-cookie", "a", "set-cookie", "B"]);
    expect(HeaderList.of({ "X-A": "1", b: "2" }).flat).toEqual(["x-a", "1", "b", "2"]);
    expect(HeaderList.of(new Headers({ "X-A": "1" })).flat).toEqual(["x-a", "1"]);
    expect(HeaderList.of({}).size).toBe(0);
  });

  test("checks names and values", () => {
    expect(() => HeaderList.of({ "a b": "1" })).toThrow(TypeError);
    expect(() => HeaderList.of({ a: "1\r\nb: 2" })).toThrow(TypeError);
  });
});

describe("what is refused", () => {
  test.each(["", "a b", "a:", "X-A", "a\r\n", "caf\xe9", "a(b", "a\0", "\u0131"])("the name %p", (name) => {
    const list = new HeaderList();
    expect(() => list.set(name, "1")).toThrow(TypeError);
    expect(() => list.append(name, "1")).toThrow(TypeError);
    expect(list.size).toBe(0);
  });

  test.each(["a\r\nb: 1", "a\n", "\ra", "a\0b", "a\x7f", "a\x0bb", " a", "a ", "\ta", "a\t", " ", "\u0100", "€"])(
    "the value %p",
    (value) => {
      const list = new HeaderList(["a", "1"]);
      expect(() => list.set("a", value)).toThrow(TypeError);
      expect(() => list.append("a", value)).toThrow(TypeError);
      expect(list.flat).toEqual(["a", "1"]);
    },
  );

  test.each(["", "a", "a b\tc", "caf\xe9", '"quoted"', "\x80\xff"])("but not the value %p", (value) => {
    const list = new HeaderList();
    list.set("a", value);
    expect(list.get("a")).toBe(value);
  });

  test("the message names the header, and not the value, which may be a secret", () => {
    expect(() => new HeaderList().set("authorization", "secret\n")).toThrow(/authorization(?!.*secret)/);
  });
});

describe("any changes", () => {
  const name = fc.constantFrom("a", "b", "c");
  const change = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), name, value: fc.stringMatching(/^[x-z]{0,2}$/) }),
    fc.record({ kind: fc.constant("append" as const), name, value: fc.stringMatching(/^[x-z]{0,2}$/) }),
    fc.record({ kind: fc.constant("delete" as const), name, value: fc.constant("") }),
  );

  test("lead to what a plain list of pairs says", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const list = new HeaderList();
        let pairs: [string, string][] = [];
        for (const { kind, name: changed, value } of changes) {
          const first = pairs.findIndex(([n]) => n === changed);
          if (kind === "delete") list.delete(changed);
          else list[kind](changed, value);
          if (kind === "append" || (kind === "set" && first === -1)) pairs.push([changed, value]);
          else if (kind === "delete") pairs = pairs.filter(([n]) => n !== changed);
          else
            pairs = pairs.flatMap((pair, i) => (i === first ? [[changed, value]] : pair[0] === changed ? [] : [pair]));
        }
        expect([...list]).toEqual(pairs);
      }),
    );
  });
});
