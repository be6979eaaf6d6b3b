import { describe, expect, test } from "bun:test";
import { bundle, type LoadedFile } from "../../../src/openapi/files/bundle.ts";
import { rootOf } from "../../../src/openapi/files/resolve.ts";
import { UNRESOLVED } from "../../../src/openapi/files/unresolved.ts";
import { type Json, type JsonObject, valueAt } from "../../../src/openapi/json.ts";
import { dangling, documentOf, linesOf, merge, operationAt, operationsIn } from "../support.ts";

const ROOT = rootOf({ path: "/docs/openapi.json", headers: {} });

/** Bundles with these files beside the document; what else is asked for is not there. */
async function bundled(document: JsonObject, files: Readonly<Record<string, Json>>) {
  const asked: string[] = [];
  const result = await bundle(document, ROOT, async (file): Promise<LoadedFile> => {
    const name = new URL(file).pathname.replace(/^\/docs\//, "");
    asked.push(name);
    const value = files[name];
    return value === undefined ? { fault: "the answer has the status 404" } : { value };
  });
  return { result, asked, at: (path: string) => valueAt(result, path.split("/")) };
}

const answer = (ref: string) => ({
  200: { description: "", content: { "application/json": { schema: { $ref: ref } } } },
});
const get = (ref: string) => ({ get: { responses: answer(ref) } });
const SCHEMA = "paths|/a|get|responses|200|content|application/json|schema".split("|");

describe("a document of several files", () => {
  test("is one, with each part once, under the name that it has in its file, or the file's", async () => {
    const document = documentOf({ "/a": get("schemas/user.yaml"), "/b": get("common.json#/definitions/Error") });
    const { result, asked, at } = await bundled(document, {
      "schemas/user.yaml": { type: "object", properties: { e: { $ref: "../common.json#/definitions/Error" } } },
      "common.json": { definitions: { Error: { type: "string" }, Other: { type: "number" } } },
    });
    expect(valueAt(result, SCHEMA)).toEqual({ $ref: "#/components/schemas/user" });
    expect(at("components/schemas")).toEqual({
      user: { type: "object", properties: { e: { $ref: "#/components/schemas/Error" } } },
      Error: { type: "string" },
    });
    expect(asked.toSorted()).toEqual(["common.json", "schemas/user.yaml"]);
    expect(Object.keys(result)).not.toContain(UNRESOLVED);
  });

  test.each(["https://api.example.com/v1/openapi.json", "/v1/openapi.json"])(
    "that calls itself %s is referred to by that name, and its files by names beside it",
    async ($self) => {
      const name = (text: string) => new URL(text, new URL($self, "https://api.example.com")).href;
      const own = name("#/components/schemas/User");
      const document = documentOf(
        {
          "/a": get(own),
          "/b": get(name("schemas/pet.json")),
          "/c": get("schemas/pet.json"),
          "/d": get("https://elsewhere.example/x.json"),
        },
        {
          $self,
          openapi: "3.2.0",
          components: { schemas: { User: { type: "object", properties: { pet: { $ref: "schemas/pet.json" } } } } },
        },
      );
      const absolute = $self.startsWith("https:");
      const written = absolute
        ? document
        : (JSON.parse(JSON.stringify(document).replaceAll("https://api.example.com", "")) as JsonObject);
      const { result, asked } = await bundled(written, { "schemas/pet.json": { type: "string" } });
      const refAt = (path: string) => valueAt(result, ["paths", path, ...SCHEMA.slice(2)]);
      expect([refAt("/a"), refAt("/b"), refAt("/c")]).toEqual([
        { $ref: "#/components/schemas/User" },
        { $ref: "#/components/schemas/pet" },
        { $ref: "#/components/schemas/pet" },
      ]);
      expect(asked).toEqual(["schemas/pet.json"]);
      expect(Object.keys((result[UNRESOLVED] ?? {}) as JsonObject)).toEqual(["https://elsewhere.example/x.json"]);
    },
  );

  test("gives a file the name of the component that is nothing but a reference to it", async () => {
    const document = documentOf(
      { "/a": get("#/components/schemas/User"), "/b": get("user.yaml") },
      { components: { schemas: { User: { $ref: "user.yaml" }, Alias: { $ref: "user.yaml" } } } },
    );
    const { result, at } = await bundled(document, { "user.yaml": { type: "object" } });
    expect(at("components/schemas")).toEqual({
      User: { type: "object" },
      Alias: { $ref: "#/components/schemas/User" },
    });
    expect(valueAt(result, ["paths", "/b", ...SCHEMA.slice(2)])).toEqual({ $ref: "#/components/schemas/User" });
  });

  test("tells parts of one name apart", async () => {
    const document = documentOf(
      { "/a": get("x.json#/User"), "/b": get("y.json#/User"), "/c": get("z/y.json#/User") },
      { components: { schemas: { User: { type: "null" } } } },
    );
    const { at } = await bundled(document, {
      "x.json": { User: { type: "string" } },
      "y.json": { User: { type: "number" } },
      "z/y.json": { User: { type: "boolean" } },
    });
    expect(at("components/schemas")).toEqual({
      User: { type: "null" },
      x_User: { type: "string" },
      y_User: { type: "number" },
      y_User_2: { type: "boolean" },
    });
  });

  test("has circles, within a file and through several, and through the document itself", async () => {
    const document = documentOf({ "/a": get("node.json") }, { components: { schemas: { Leaf: { type: "string" } } } });
    const { result, asked, at } = await bundled(document, {
      "node.json": { properties: { self: { $ref: "#" }, other: { $ref: "other.json#/O" } } },
      "other.json": {
        O: { properties: { n: { $ref: "node.json" }, l: { $ref: "openapi.json#/components/schemas/Leaf" } } },
      },
    });
    expect(at("components/schemas/node")).toEqual({
      properties: { self: { $ref: "#/components/schemas/node" }, other: { $ref: "#/components/schemas/O" } },
    });
    expect(at("components/schemas/O/properties")).toEqual({
      n: { $ref: "#/components/schemas/node" },
      l: { $ref: "#/components/schemas/Leaf" },
    });
    expect(asked).toEqual(["node.json", "other.json"]);
    expect(dangling(result)).toEqual([]);
  });

  test("may have its path items, whole sections and all paths elsewhere", async () => {
    const document = {
      openapi: "3.0.3",
      info: {},
      paths: { $ref: "paths/index.yaml" },
      components: { $ref: "components.yaml" },
    };
    const { result, at } = await bundled(document, {
      "paths/index.yaml": { "/a": { $ref: "a.yaml", summary: "near" }, "/b": { get: { responses: {} } } },
      "paths/a.yaml": { $ref: "deeper/a.yaml#/item", description: "between" },
      "paths/deeper/a.yaml": { item: { summary: "far", ...get("../../components.yaml#/schemas/User") } },
      "components.yaml": { schemas: { $ref: "schemas.yaml" }, responses: { R: { description: "r" } } },
      "schemas.yaml": { User: { type: "string", nullable: true }, Pet: { $ref: "#/User" } },
    });
    expect(operationsIn(result)).toEqual(["GET /a", "GET /b"]);
    expect(at("paths")).toMatchObject({ "/a": { summary: "near", description: "between" } });
    expect(at("components/schemas/User")).toEqual({ type: "string", nullable: true });
    expect(at("components/responses")).toEqual({ R: { description: "r" } });
    expect(dangling(result)).toEqual([]);
  });

  test("takes parameters, responses, bodies, headers and examples along, and the targets of discriminators", async () => {
    const document = documentOf({
      "/a": {
        parameters: [{ $ref: "parts.json#/limit" }],
        post: {
          requestBody: { $ref: "parts.json#/body" },
          responses: { 200: { $ref: "parts.json#/answer" } },
        },
      },
    });
    const { result, at } = await bundled(document, {
      "parts.json": {
        limit: { name: "limit", in: "query", schema: { $ref: "#/Limit" } },
        Limit: { type: "integer" },
        body: {
          content: { "application/json": { schema: { $ref: "pet.json" }, examples: { one: { $ref: "#/one" } } } },
        },
        one: { value: { $ref: "data.json" } },
        answer: { description: "", headers: { "x-a": { $ref: "#/h" } } },
        h: { schema: { type: "string" } },
      },
      "pet.json": {
        oneOf: [],
        discriminator: { propertyName: "kind", mapping: { cat: "cat.json", dog: "cat.json#/Dog" } },
      },
      "cat.json": { type: "object", Dog: { type: "string" } },
    });
    expect(at("components/schemas/pet/discriminator")).toEqual({
      propertyName: "kind",
      mapping: { cat: "#/components/schemas/cat", dog: "#/components/schemas/Dog" },
    });
    expect(at("components/examples/one")).toEqual({ value: { $ref: "data.json" } });
    const merged = merge({ s: result });
    expect(operationAt(merged, "/s/a", "post").parameters).toEqual([{ $ref: "#/components/parameters/limit" }]);
    expect(dangling(merged.document)).toEqual([]);
    expect(linesOf(merged, "reference-broken")).toEqual([]);
  });

  test("may be Swagger 2.0", async () => {
    const responses = {
      200: { description: "", schema: { $ref: "m.yaml#/definitions/User" } },
      404: { $ref: "m.yaml#/responses/None" },
    };
    const parameters = [{ $ref: "m.yaml#/parameters/limit" }];
    const document = { swagger: "2.0", info: {}, paths: { "/a": { get: { parameters, responses } } } };
    const { result, at } = await bundled(document, {
      "m.yaml": {
        definitions: {
          User: { type: "object", properties: { x: { $ref: "#/definitions/X" } } },
          X: { type: "string" },
        },
        responses: { None: { description: "none", schema: { $ref: "#/definitions/X" } } },
        parameters: { limit: { name: "limit", in: "query", type: "integer" } },
      },
    });
    expect(Object.keys(at("definitions") as object)).toEqual(["User", "X"]);
    const merged = merge({ s: result });
    expect(operationAt(merged, "/s/a").responses).toMatchObject({
      200: { content: { "application/json": { schema: { $ref: "#/components/schemas/User" } } } },
    });
    expect(dangling(merged.document)).toEqual([]);
  });

  test("finds anchors, and forgets identifiers that would be the base of its references", async () => {
    const { at } = await bundled(documentOf({ "/a": get("s.json#here") }), {
      "s.json": {
        $defs: {
          x: { $id: "https://example.com/x", $schema: "y", $anchor: "here", properties: { $id: { type: "string" } } },
        },
      },
    });
    expect(at("components/schemas/here")).toEqual({ $anchor: "here", properties: { $id: { type: "string" } } });
  });

  test("is the same whichever file comes first", async () => {
    const document = documentOf({ "/a": get("a.json"), "/b": get("b.json"), "/c": { $ref: "c.json" } });
    const files: Readonly<Record<string, Json>> = {
      "a.json": { properties: { x: { $ref: "x.json#/X" } } },
      "b.json": { properties: { x: { $ref: "y.json#/X" } } },
      "c.json": get("y.json#/X"),
      "x.json": { X: { type: "string" } },
      "y.json": { X: { type: "number" } },
    };
    const made = async (order: (name: string) => number) =>
      bundle(document, ROOT, async (file) => {
        const name = file.split("/").at(-1) ?? "";
        for (let i = 0; i < order(name); i++) await Promise.resolve();
        return { value: files[name] ?? null };
      });
    const first = JSON.stringify(await made(() => 0));
    expect(JSON.stringify(await made((name) => name.charCodeAt(0) % 7))).toBe(first);
    expect(JSON.stringify(await made((name) => 200 - name.charCodeAt(0)))).toBe(first);
  });
});

describe("a reference that cannot be followed", () => {
  test("is told with its reason and its place, and the rest is there", async () => {
    const document = documentOf({
      "/a": get("absent.json#/User"),
      "/b": get("http://evil.example/x"),
      "/c": get("there.json#/Nothing"),
      "/d": { $ref: "absent.json#/item" },
      "/e": { parameters: [{ $ref: "absent.json#/p" }], get: { responses: {} } },
      "/good": get("there.json"),
    });
    const { result, asked } = await bundled(document, { "there.json": { type: "string" } });
    expect(asked.filter((name) => name !== "there.json")).toEqual(["absent.json"]);
    const merged = merge({ s: result });
    expect(dangling(merged.document)).toEqual([]);
    expect(operationsIn(merged.document)).toContain("GET /s/good");
    const told = merged.lines.filter(({ kind }) => kind === "reference-broken");
    expect(told.map(({ pointer, message }) => `${pointer} ${message}`).toSorted()).toEqual([
      "/components/parameters/p /docs/absent.json#/p leads nowhere: the answer has the status 404",
      "/components/schemas/Nothing /docs/there.json#/Nothing leads nowhere: the file has nothing there",
      "/components/schemas/User /docs/absent.json#/User leads nowhere: the answer has the status 404",
      "/paths/~1b/get/responses/200/content/application~1json/schema http://evil.example/x leads nowhere: it leads to another host, which is not asked",
      "/paths/~1d /docs/absent.json#/item leads nowhere: the answer has the status 404",
    ]);
    expect(JSON.stringify(merged.document)).not.toContain(UNRESOLVED);
  });

  test("that goes in circles leads nowhere, and takes no time", async () => {
    const document = documentOf({ "/a": { $ref: "a.json" }, "/b": get("b.json") });
    const { result } = await bundled(document, { "a.json": { $ref: "a.json" }, "b.json": { $ref: "#" } });
    const merged = merge({ s: result });
    expect(dangling(merged.document)).toEqual([]);
    expect(operationsIn(merged.document)).toEqual(["GET /s/b"]);
  });

  test("takes the document along where the files never end, are too much, or cannot be had now", async () => {
    const chain = bundle(documentOf({ "/a": get("0.json") }), ROOT, async (file) => {
      return { value: { items: { $ref: `${Number(/(\d+)\.json$/.exec(file)?.[1]) + 1}.json` } } };
    });
    await expect(chain).rejects.toThrow("its files refer to one another more than 16 deep");
    const part = { enum: ["x".repeat(2_000)] };
    const deep = Array.from({ length: 300 }).reduce<Json>((inner) => ({ ...part, not: inner }), part);
    const paths = Array.from({ length: 300 }, (_, i) => [`/p${i}`, get(`deep.json#${"/not".repeat(i)}`)] as const);
    const repeated = bundle(documentOf(Object.fromEntries(paths)), ROOT, async () => ({ value: deep }));
    await expect(repeated).rejects.toThrow("its files repeat one another to more than 64 MB");
    const down = bundle(documentOf({ "/a": get("a.json") }), ROOT, () => Promise.reject(new Error("a.json: reset")));
    await expect(down).rejects.toThrow("a.json: reset");
  });
});
