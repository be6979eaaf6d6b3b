import { describe, expect, test } from "bun:test";
import { parseDocumentText } from "../../src/config/document.ts";
import { type Environment, replaceVariables } from "../../src/config/env.ts";
import type { Problem } from "../../src/config/problem.ts";
import { createSource } from "../../src/config/source.ts";
import { validate } from "../../src/config/validate.ts";
import { Duration, FilePath, Share, Size, type TSchema, Type } from "../../src/plugin.ts";
import { tempFolder } from "../support/temp.ts";
import { brief } from "./workspace.ts";

function check(schema: TSchema, text: string, env: Environment = {}, path = "/a.yaml") {
  const { root } = parseDocumentText(createSource("a.yaml", path, text));
  if (root === undefined) throw new Error("the text is not YAML");
  const problems: Problem[] = [];
  const result = validate(schema, replaceVariables(root, env, problems));
  return { value: result.value, problems: [...problems, ...result.problems].map(brief) };
}

const fine = (value: unknown) => ({ value, problems: [] });

describe("values", () => {
  const schema = Type.Object({
    text: Type.Optional(Type.String()),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
    ratio: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    flag: Type.Optional(Type.Boolean()),
    level: Type.Optional(Type.Union([Type.Literal("info"), Type.Literal("warn"), Type.Literal(3)])),
  });

  test("that fit are taken", () => {
    const text = "text: x\nport: 80\nratio: 0.5\nflag: false\nlevel: 3\n";
    expect(check(schema, text)).toEqual(fine({ text: "x", port: 80, ratio: 0.5, flag: false, level: 3 }));
  });

  test("that do not are each a problem: expected, found, and what to do", () => {
    const text = 'text: 1.0\nport: "80"\nratio: 0\nflag: yes\nlevel: wran\n';
    expect(check(schema, text).problems).toEqual([
      '1:7 text: expected text, found the number 1.0 (write it in quotes: "1.0")',
      '2:7 port: expected a whole number from 1 to 65535, found "80" (write it without quotes)',
      "3:8 ratio: expected a number above 0, found the number 0",
      '4:7 flag: expected true or false, found "yes"',
      '5:8 level: expected info, warn or 3, found "wran" (did you mean "warn"?)',
    ]);
  });

  test("of another kind are named", () => {
    expect(check(schema, "text: [1]\nport: {}\nratio: 70000\nflag:\nlevel: []\n").problems).toEqual([
      "1:7 text: expected text, found a list",
      "2:7 port: expected a whole number from 1 to 65535, found an empty map",
      "4:6 flag: expected true or false, found nothing",
      "5:8 level: expected info, warn or 3, found an empty list",
    ]);
  });

  test("that are long are cut", () => {
    const { problems } = check(Type.Integer(), `"${"x".repeat(500)}"`);
    expect(problems).toEqual([`1:1 : expected a whole number, found "${"x".repeat(60)}…"`]);
  });

  test("not a number and infinity are refused", () => {
    expect(check(schema, "ratio: .nan\n").problems).toHaveLength(1);
    expect(check(schema, "ratio: .inf\n").problems).toHaveLength(1);
  });
});

describe("variables", () => {
  const schema = Type.Object({
    port: Type.Optional(Type.Integer()),
    flag: Type.Optional(Type.Boolean()),
    text: Type.Optional(Type.String()),
    either: Type.Optional(Type.Union([Type.Literal(true), Type.Literal("auto"), Type.Integer()])),
  });

  test("become numbers and truth values where these are wanted", () => {
    const text = "port: ${PORT}\nflag: ${FLAG}\ntext: ${PORT}\neither: ${EITHER}\n";
    expect(check(schema, text, { PORT: "8080", FLAG: "true", EITHER: "true" })).toEqual(
      fine({ port: 8080, flag: true, text: "8080", either: true }),
    );
    expect(check(schema, "either: ${A}\n", { A: "auto" })).toEqual(fine({ either: "auto" }));
    expect(check(schema, "either: ${A}\n", { A: "7" })).toEqual(fine({ either: 7 }));
  });

  test("never show what they held", () => {
    const text = "port: ${SECRET}\nflag: x${SECRET}\neither: ${SECRET}\n";
    const { problems } = check(schema, text, { SECRET: "hunter2" });
    expect(problems).toEqual([
      "1:7 port: expected a whole number, found the value of ${SECRET}",
      "2:7 flag: expected true or false, found the value of ${SECRET}",
      "3:9 either: expected true, auto or a whole number, found the value of ${SECRET}",
    ]);
  });

  test("that are not set are one problem, not two", () => {
    expect(check(schema, "port: ${NOPE}\n").problems).toHaveLength(1);
  });
});

describe("units", () => {
  const schema = Type.Object({
    time: Duration({ default: "1.5s" }),
    size: Size({ default: "16kb" }),
    share: Share({ default: "20%" }),
  });

  test("are decoded, defaults too", () => {
    expect(check(schema, "{}")).toEqual(fine({ time: 1500, size: 16384, share: 0.2 }));
    expect(check(schema, "time: 5m\nsize: 1gb\nshare: ${S}\n", { S: "50%" })).toEqual(
      fine({ time: 300_000, size: 1_073_741_824, share: 0.5 }),
    );
  });

  test("need their unit", () => {
    expect(check(schema, 'time: 10\nsize: 10 mb\nshare: "20"\n').problems).toEqual([
      "1:7 time: expected a duration such as 250ms, 30s, 5m, 1h or 7d, found the number 10 (give it a unit)",
      '2:7 size: expected a size such as 512b, 16kb, 10mb or 4gb, found "10 mb"',
      '3:8 share: expected a share such as 20%, found "20"',
    ]);
  });
});

describe("maps", () => {
  const schema = Type.Object({
    host: Type.String(),
    port: Type.Integer({ default: 80 }),
    inner: Type.Object({ on: Type.Boolean({ default: true }) }, { default: {} }),
    names: Type.Optional(Type.Record(Type.String(), Type.Integer())),
  });

  test("get their defaults, of maps in them too", () => {
    expect(check(schema, "host: x")).toEqual(fine({ host: "x", port: 80, inner: { on: true } }));
  });

  test("a section that is left empty has its defaults", () => {
    expect(check(schema, "host: x\ninner:\n")).toEqual(fine({ host: "x", port: 80, inner: { on: true } }));
  });

  test("unknown keys are problems, with the nearest known one", () => {
    expect(check(schema, "hots: x\nprot: 1\nzzz: 1\ninner: { om: true }\n").problems).toEqual([
      '1:1 hots: unknown key "hots" (did you mean "host"?)',
      '2:1 prot: unknown key "prot" (did you mean "port"?)',
      '3:1 zzz: unknown key "zzz" (what may be here: host, port, names)',
      '4:10 inner.om: unknown key "om" (what may be here: on)',
    ]);
  });

  test("missing keys are problems", () => {
    expect(check(schema, "port: 1").problems).toEqual(['1:1 : the key "host" is missing: expected text']);
  });

  test("keys that every object has are keys as any other", () => {
    const { value, problems } = check(schema, "host: x\nnames: { constructor: 1, toString: 2 }\nvalueOf: 1\n");
    expect(problems.map((problem) => problem.split(" (")[0])).toEqual(['3:1 valueOf: unknown key "valueOf"']);
    const { names } = value as { names: Record<string, unknown> };
    expect(Object.entries(names)).toEqual([
      ["constructor", 1],
      ["toString", 2],
    ]);
  });

  test("may be open when the schema says so", () => {
    const open = Type.Object({ a: Type.Integer() }, { additionalProperties: Type.Integer() });
    expect(check(open, "a: 1\nb: 2\n")).toEqual(fine({ a: 1, b: 2 }));
    expect(check(open, "a: 1\nb: x\n").problems).toEqual(['2:4 b: expected a whole number, found "x"']);
    expect(check(Type.Object({}, { additionalProperties: true }), "b: [1, {c: 2}]\n")).toEqual(
      fine({ b: [1, { c: 2 }] }),
    );
  });

  test("may have keys of a form", () => {
    const record = Type.Record(Type.String({ pattern: "^x-" }), Type.String(), { additionalProperties: false });
    expect(check(record, "x-a: b\ny: c\n").problems).toEqual(['2:1 y: unknown key "y": expected one of the form ^x-']);
  });

  test("have bounds", () => {
    const record = Type.Record(Type.String(), Type.String(), { minProperties: 1, maxProperties: 2 });
    expect(check(record, "{}").problems).toEqual(["1:1 : expected at least 1 keys, found 0"]);
    expect(check(record, "{a: a, b: b, c: c}").problems).toEqual(["1:1 : expected at most 2 keys, found 3"]);
  });

  test("of several schemas are checked as one", () => {
    const both = Type.Intersect([Type.Object({ a: Type.Integer() }), Type.Object({ b: Type.Integer({ default: 2 }) })]);
    expect(check(both, "a: 1")).toEqual(fine({ a: 1, b: 2 }));
    expect(check(both, "c: 1").problems).toEqual([
      '1:1 c: unknown key "c" (what may be here: a, b)',
      '1:1 : the key "a" is missing: expected a whole number',
    ]);
  });
});

describe("lists", () => {
  const schema = Type.Object({ of: Type.Array(Type.Integer(), { minItems: 1, maxItems: 3, uniqueItems: true }) });

  test("have items of a kind and bounds", () => {
    expect(check(schema, "of: [1, 2]")).toEqual(fine({ of: [1, 2] }));
    const words = "expected a list without repetitions of 1 to 3, found";
    expect(check(schema, "of: []").problems).toEqual([`1:5 of: ${words} an empty list`]);
    expect(check(schema, "of: [1, 1]").problems).toEqual([`1:5 of: ${words} a list of 2`]);
    expect(check(schema, "of: [1, 2, 3, x]").problems).toEqual([
      `1:5 of: ${words} a list of 4`,
      '1:15 of[3]: expected a whole number, found "x"',
    ]);
  });

  test("are written as such", () => {
    expect(check(schema, "of: 1").problems[0]).toEndWith("found the number 1 (write it as a list: [1])");
    expect(check(schema, "of: ${A}", { A: "secret" }).problems[0]).toEndWith('(write it as a list: ["${A}"])');
  });
});

describe("alternatives", () => {
  const target = Type.Union([
    Type.String({ minLength: 1 }),
    Type.Object({ url: Type.String(), weight: Type.Integer({ default: 1 }) }),
  ]);
  const hash = Type.Union([
    Type.Literal("ip"),
    Type.Object({ header: Type.String() }),
    Type.Object({ cookie: Type.String() }),
  ]);

  test("take the form that fits", () => {
    expect(check(target, "http://a")).toEqual(fine("http://a"));
    expect(check(target, "url: http://a")).toEqual(fine({ url: "http://a", weight: 1 }));
    expect(check(hash, "cookie: session")).toEqual(fine({ cookie: "session" }));
  });

  test("report the problems of the form that was meant", () => {
    expect(check(target, "url: http://a\nwieght: 1").problems).toEqual([
      '2:1 wieght: unknown key "wieght" (did you mean "weight"?)',
    ]);
    expect(check(target, '""').problems).toEqual(['1:1 : expected text that is not empty, found ""']);
    expect(check(hash, "cooky: session").problems).toEqual(['1:1 cooky: unknown key "cooky" (did you mean "cookie"?)']);
  });

  test("name them all when none was meant", () => {
    expect(check(target, "3").problems).toEqual(["1:1 : expected text that is not empty or a map, found the number 3"]);
    expect(check(hash, "IP").problems).toEqual(['1:1 : expected ip or a map, found "IP" (did you mean "ip"?)']);
  });

  test("work for recursive schemas", () => {
    const tree = Type.Recursive((This) =>
      Type.Object({ name: Type.String(), kids: Type.Array(This, { default: [] }) }),
    );
    expect(check(tree, "name: a\nkids: [{ name: b }]")).toEqual(fine({ name: "a", kids: [{ name: "b", kids: [] }] }));
    expect(check(tree, "name: a\nkids: [{ name: 1 }]").problems).toEqual([
      '2:16 kids[0].name: expected text, found the number 1 (write it in quotes: "1")',
    ]);
  });
});

describe("FilePath", () => {
  const schema = Type.Object({ key: FilePath() });

  test("is relative to the file that it is written in", () => {
    using folder = tempFolder();
    const key = folder.write("keys/a.pem", "x");
    expect(check(schema, "key: ./keys/a.pem", {}, folder.file("a.yaml"))).toEqual(fine({ key }));
    expect(check(schema, "key: ../keys/a.pem", {}, folder.file("teams/a.yaml"))).toEqual(fine({ key }));
    expect(check(schema, "key: ${KEY}", { KEY: key })).toEqual(fine({ key }));
  });

  test("is what a text of no other form is meant as", () => {
    const either = Type.Object({
      key: Type.Union([Type.String({ pattern: "^https:" }), FilePath(), Type.Array(FilePath())]),
    });
    expect(check(either, "key: https://a").value).toEqual({ key: "https://a" });
    expect(check(either, "key: ./b.pem").problems).toEqual([
      '1:6 key: expected the path of a file that can be read, found "./b.pem": there is no such file',
    ]);
  });

  test("must be readable", () => {
    using folder = tempFolder();
    folder.write("keys/a.pem", "x");
    const at = folder.file("a.yaml");
    expect(check(schema, "key: ./b.pem", {}, at).problems).toEqual([
      '1:6 key: expected the path of a file that can be read, found "./b.pem": there is no such file',
    ]);
    expect(check(schema, "key: keys", {}, at).problems).toEqual([
      '1:6 key: expected the path of a file that can be read, found "keys": it is a folder',
    ]);
    expect(check(schema, "key: keys/a.pem/b", {}, at).problems).toEqual([
      '1:6 key: expected the path of a file that can be read, found "keys/a.pem/b": a part of its path is no folder',
    ]);
    expect(check(schema, "key: ${KEY}", { KEY: "/hidden/name" }, at).problems).toEqual([
      "1:6 key: expected the path of a file that can be read, found the value of ${KEY}: there is no such file",
    ]);
    expect(check(schema, 'key: ""', {}, at).problems).toEqual(['1:6 key: expected the path of a file, found ""']);
  });
});
