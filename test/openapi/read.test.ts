import { describe, expect, test } from "bun:test";
import { readDocument } from "../../src/openapi/read.ts";

function read(text: string) {
  return readDocument(Buffer.from(text));
}

describe("a document", () => {
  test.each(["3.0.0", "3.0.4", "3.1.0", "3.1.1", "3.2.0"])("of OpenAPI %s is read", (version) => {
    const { document, version: found } = read(JSON.stringify({ openapi: version, info: {}, paths: { "/a": {} } }));
    expect(found).toBe(version);
    expect(document.openapi).toStartWith(version.startsWith("3.0") ? "3.1" : version);
  });

  test("of Swagger 2.0 is brought up to date", () => {
    const { document, version } = read(
      '{"swagger":"2.0","info":{},"basePath":"/v1","paths":{"/a":{"get":{"responses":{}}}}}',
    );
    expect([version, document.openapi]).toEqual(["2.0", expect.stringMatching(/^3\.1/)]);
  });

  test("is YAML as well, with anchors, statuses as numbers, and in braces", () => {
    const yaml =
      "openapi: 3.1.0\ninfo: &i { title: a }\npaths:\n  /a:\n    get: { responses: { 200: { description: x } } }\nx-b: *i\n";
    const { document } = read(yaml);
    expect(document.paths).toEqual({ "/a": { get: { responses: { 200: { description: "x" } } } } });
    expect(document["x-b"]).toEqual({ title: "a" });
    expect(read("{ openapi: 3.1.0, paths: {} }").version).toBe("3.1.0");
    expect(read('\ufeff{"openapi":"3.1.0","paths":{}}').version).toBe("3.1.0");
  });

  test("whose aliases stand for millions of values is refused", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 8; i++)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(", ")}]`);
    expect(() => read(`openapi: 3.1.0\npaths: {}\n${lines.join("\n")}\n`)).toThrow(
      /aliases of this file stand for more/,
    );
  });

  describe("in a long YAML text", () => {
    const start = "openapi: 3.0.3\ninfo: {}\npaths:\n  /a: { get: { responses: {} } }\n";
    const long = (rest: string) => read(`${start}${rest}\nx-long: "${"x".repeat(300_000)}"\n`);

    test("is read, each of its parts by itself", () => {
      const schema = "{ type: string, nullable: true, example: e }";
      const yaml = `components:\n  schemas:\n    A: &a ${schema}\n    B: *a\n    C: { allOf: [*a] }\n`;
      const { document, version } = long(yaml);
      const one = { type: ["string", "null"], examples: ["e"] };
      expect([version, document.components]).toEqual(["3.0.3", { schemas: { A: one, B: one, C: { allOf: [one] } } }]);
    });

    test.each([
      ["x: [", /neither JSON nor YAML: /],
      ["x: &x [*x]", /aliases stand for too much/],
      [`x: &x "${"y".repeat(100_000)}"\nz: [${"*x,".repeat(1_000)}*x]`, /aliases stand for too much/],
      [`x: ${"[".repeat(500)}${"]".repeat(500)}`, /nested more than 400 deep/],
      [`x: ${"[".repeat(100_000)}`, /neither JSON nor YAML/],
    ])("%p is refused", (rest, reason) => {
      expect(() => long(rest)).toThrow(reason);
    });

    test("does not take many times its length", () => {
      const before = process.memoryUsage().rss;
      expect(long(`x: [${"1,".repeat(1_000_000)}1]`).version).toBe("3.0.3");
      expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1_048_576);
    }, 120_000);
  });

  test.each([
    ["", /it is empty/],
    ["  \n", /it is empty/],
    ["<html>", /a page, neither JSON nor YAML/],
    ["null", /no OpenAPI document/],
    ["[]", /no OpenAPI document/],
    ["hello", /no OpenAPI document/],
    ['{"openapi":"3.1.0","paths":{}', /neither JSON nor YAML: line 1: this is not valid YAML/],
    ["a: b\na: c\n", /line 2: this key is here twice/],
    ['{"openapi":3.1,"paths":{}}', /written in OpenAPI 3.1;/],
    ['{"swagger":"1.2","paths":{}}', /written in OpenAPI "1.2"/],
    ['{"openapi":"3.1.0"}', /no paths/],
    ['{"openapi":"3.1.0","paths":[]}', /no paths/],
  ])("such as %p is refused", (text, reason) => {
    expect(() => read(text)).toThrow(reason);
  });

  test("is refused if it is no UTF-8, or too deep for whoever walks it", () => {
    expect(() => readDocument(Uint8Array.of(0x7b, 0xc3, 0x28))).toThrow(/not UTF-8/);
    const nested = (depth: number) => `{"openapi":"3.1.0","paths":{},"x":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(read(nested(390)).version).toBe("3.1.0");
    expect(() => read(nested(500))).toThrow(/nested more than 400 deep/);
    expect(() => read(nested(200_000))).toThrow();
  });

  test("is refused if it has too many parts for whoever walks it", () => {
    const wide = `{"openapi":"3.1.0","paths":{},"x":[${"[],".repeat(2_000_000)}[]]}`;
    expect(() => read(wide)).toThrow(/more than 2000000 objects/);
  }, 120_000);
});

test("references of a document to its own name are references within it: links, mappings and all others", () => {
  const $self = "https://api.example.com/openapi.json";
  const written = {
    openapi: "3.2.0",
    $self,
    info: { title: "T", version: "1" },
    paths: { "/a": { $ref: `${$self}#/components/pathItems/A` } },
    components: {
      pathItems: { A: {} },
      links: {
        next: { operationRef: `${$self}#/paths/~1a/get` },
        other: { operationRef: "https://b.example/c#/paths/~1a/get" },
      },
      schemas: {
        Pet: {
          discriminator: { propertyName: "kind", mapping: { cat: `openapi.json#/components/schemas/Cat`, dog: "Dog" } },
        },
      },
    },
  };
  const { document, isAsWritten } = readDocument(new TextEncoder().encode(JSON.stringify(written)));
  expect(isAsWritten).toBe(false);
  expect(document).toEqual({
    ...written,
    paths: { "/a": { $ref: "#/components/pathItems/A" } },
    components: {
      ...written.components,
      links: { ...written.components.links, next: { operationRef: "#/paths/~1a/get" } },
      schemas: {
        Pet: { discriminator: { propertyName: "kind", mapping: { cat: "#/components/schemas/Cat", dog: "Dog" } } },
      },
    },
  });
});
