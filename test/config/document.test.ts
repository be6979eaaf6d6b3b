import { describe, expect, test } from "bun:test";
import { parseDocumentText } from "../../src/config/document.ts";
import { entryOf, type Node, toValue } from "../../src/config/node.ts";
import { createSource, positionOf } from "../../src/config/source.ts";
import { brief } from "./workspace.ts";

function parse(text: string): {
  readonly root: Node | undefined;
  readonly value: unknown;
  readonly problems: readonly string[];
} {
  const { root, problems } = parseDocumentText(createSource("a.yaml", "/a.yaml", text));
  return { root, value: root && toValue(root), problems: problems.map(brief) };
}

describe("parseDocumentText", () => {
  test("knows the place of every key and value", () => {
    const { root } = parse("a:\n  bee: [1, two]\r\n  c: 'x'\n");
    const bee = entryOf(entryOf(root, "a")?.value, "bee");
    expect(bee && positionOf(bee.place)).toEqual({ line: 2, column: 3 });
    expect(bee && positionOf(bee.value)).toEqual({ line: 2, column: 8 });
    const items = bee?.value.kind === "list" ? bee.value.items : [];
    expect(items.map(positionOf)).toEqual([
      { line: 2, column: 9 },
      { line: 2, column: 12 },
    ]);
    const c = entryOf(entryOf(root, "a")?.value, "c");
    expect(c && positionOf(c.value)).toEqual({ line: 3, column: 6 });
  });

  test("reads the YAML 1.2 core schema", () => {
    const { value } = parse("a: yes\nb: true\nc: 0x10\nd: 1.5\ne:\nf: ~\ng: 2026-01-01\n1.0: x\n");
    expect(value).toEqual({ a: "yes", b: true, c: 16, d: 1.5, e: null, f: null, g: "2026-01-01", "1.0": "x" });
  });

  test("keeps how a scalar was written", () => {
    const { root } = parse("a: 1.0\nb: '1.0'\n");
    expect(entryOf(root, "a")?.value).toMatchObject({ value: 1, written: "1.0", isQuoted: false });
    expect(entryOf(root, "b")?.value).toMatchObject({ value: "1.0", written: "1.0", isQuoted: true });
  });

  test("an empty text is an empty value", () => {
    expect(parse("").value).toBeNull();
    expect(parse("# only a comment\n").value).toBeNull();
  });

  test("a byte order mark is no part of the first key", () => {
    expect(parse("\ufeffa: 1").value).toEqual({ a: 1 });
  });

  test("reports every syntax mistake, one a line", () => {
    const { root, problems } = parse("a: 1\nb: [1, x: 2}\nc:\n\td: 1\n");
    expect(root).toBeUndefined();
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual(["2:12", "4:1"]);
    expect(problems[0]).toContain("this is not valid YAML: flow sequence");
  });

  test("tells how to write a variable in a flow map", () => {
    expect(parse("a: { url: ${URL} }\n").problems).toEqual([
      '1:12 : this is not valid YAML: unexpected flow-map-start at node end (inside { } and [ ] a variable needs quotes: "${NAME}")',
    ]);
  });

  test("spares the reader the consequences of a mistake", () => {
    expect(parse("a: 1\nb: { c: ${D} }\ne: 1\nf: 2\n").problems.map((problem) => problem.split(" ")[0])).toEqual([
      "2:10",
    ]);
  });

  test("reports every duplicate key and goes on", () => {
    const { value, problems } = parse("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n  d: 3\n");
    expect(value).toEqual({ a: 1, b: { c: 1, d: 3 } });
    expect(problems).toEqual([
      "2:1 a: this key is here twice, first on line 1",
      "5:3 b.c: this key is here twice, first on line 4",
    ]);
  });

  test("refuses keys that are not plain words", () => {
    const { value, problems } = parse("? [1]\n: 2\n__proto__: { admin: true }\nok: 1\n");
    expect(value).toEqual({ ok: 1 });
    expect(problems).toEqual([
      "1:3 : expected a plain word as a key, found a list or a map",
      "3:1 : expected a plain word as a key, found __proto__",
    ]);
  });

  test("refuses a second document and tags", () => {
    expect(parse("a: 1\n---\nb: 2\n").problems).toEqual([
      "2:1 : a second document begins here: one file holds one configuration",
    ]);
    expect(parse("a: !secret x\n").problems[0]).toContain("tags are not understood here");
  });
});

describe("aliases", () => {
  test("stand for what is anchored", () => {
    expect(parse("a: &x { b: 1 }\nc: *x\n").value).toEqual({ a: { b: 1 }, c: { b: 1 } });
  });

  test("<< merges maps; keys of the map itself and earlier maps win", () => {
    const { value } = parse("x: &x { a: 1, b: 1 }\ny: &y { b: 2, c: 2 }\nz:\n  <<: [*x, *y]\n  a: 0\n");
    expect((value as Record<string, unknown>).z).toEqual({ a: 0, b: 1, c: 2 });
  });

  test("<< of a scalar is a problem", () => {
    expect(parse("a:\n  <<: 1\n").problems).toEqual(['2:7 a["<<"]: expected a map to merge (<<: *name)']);
  });

  test('a quoted "<<" is a key as any other', () => {
    expect(parse('"<<": { a: 1 }\n').value).toEqual({ "<<": { a: 1 } });
  });

  test("to nothing, or to themselves, are problems", () => {
    const message = "stands for nothing that is complete above it";
    expect(parse("a: *nope\n").problems).toEqual([`1:4 a: the alias *nope ${message}`]);
    expect(parse("a: &x\n  b: *x\n").problems).toEqual([`2:6 a.b: the alias *x ${message}`]);
  });

  test("cannot stand for billions of values", () => {
    const names = "abcdefghij".split("");
    const lines = names.map((name, index) => {
      const items =
        index === 0
          ? "1,1,1,1,1,1,1,1,1,1"
          : Array(10)
              .fill(`*${names[index - 1]}`)
              .join(",");
      return `${name}: &${name} [${items}]`;
    });
    const { problems } = parse(lines.join("\n"));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("the aliases of this file stand for more than 100000 values");
  });
});
