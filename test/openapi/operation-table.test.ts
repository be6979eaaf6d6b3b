import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import type { JsonObject } from "../../src/openapi/json.ts";
import { KnownOperations } from "../../src/openapi/known-operations.ts";
import { OperationTable } from "../../src/openapi/operation-table.ts";
import { joined, piecesOf } from "../../src/openapi/reading/pieces.ts";
import { readInThread } from "../../src/openapi/reading/read-in-thread.ts";
import { until } from "../support/until.ts";

const get = { get: { responses: {} } } as const;

function table(paths: JsonObject, more: JsonObject = {}): OperationTable {
  return new OperationTable("test", { openapi: "3.1.0", paths, ...more });
}

/** `GET /users/{id} id=7`, or what kind of a miss it is. */
function found(on: OperationTable, method: string, path: string): string {
  const documented = on.find(method, path);
  if (documented.kind === "method-unknown") return `${documented.path} has ${documented.methods.join(", ")}`;
  if (documented.kind === "path-unknown") return "nothing";
  const { operation, params } = documented;
  return [`${operation.method} ${operation.path}`, ...[...params].map(([name, value]) => `${name}=${value}`)].join(" ");
}

describe("an operation is found by what the service is asked for", () => {
  const paths = {
    "/": get,
    "/users": { get: { responses: {} }, post: { responses: {} } },
    "/users/": get,
    "/users/{id}": { get: { responses: {} }, delete: { responses: {} } },
    "/users/me": get,
    "/users/{user}/posts/{post}": get,
    "/{tenant}/{kind}/posts/latest": get,
    "/files/{name}.{kind}": get,
    "/files/{a}-{b}": get,
    "/files/{a}{b}": { put: { responses: {} } },
    "/caf\u00e9/{x}": get,
    "/a%2Fb": get,
    "/.well-known/{x}": get,
    "/hidden": { get: { "x-internal": true, responses: {} } },
  };
  const own = table(paths);

  test.each([
    ["GET", "/", "GET /"],
    ["GET", "/users", "GET /users"],
    ["GET", "/users/", "GET /users/"],
    ["GET", "/users/7", "GET /users/{id} id=7"],
    ["GET", "/users/me", "GET /users/me"],
    ["DELETE", "/users/me", "DELETE /users/{id} id=me"],
    ["HEAD", "/users/7", "GET /users/{id} id=7"],
    ["PUT", "/users/7", "/users/{id} has GET, DELETE"],
    ["PUT", "/users/me", "/users/me has GET"],
    ["GET", "/users/7/posts/8", "GET /users/{user}/posts/{post} user=7 post=8"],
    ["GET", "/x/y/posts/latest", "GET /{tenant}/{kind}/posts/latest tenant=x kind=y"],
    ["GET", "/users/7/posts/latest", "GET /users/{user}/posts/{post} user=7 post=latest"],
    ["GET", "/users/7%2F8", "GET /users/{id} id=7%2F8"],
    ["GET", "/users//posts/8", "nothing"],
    ["GET", "/files/a.b", "GET /files/{name}.{kind} name=a kind=b"],
    ["GET", "/files/a.b.c", "GET /files/{name}.{kind} name=a kind=b.c"],
    ["GET", "/files/a-b", "GET /files/{a}-{b} a=a b=b"],
    ["GET", "/files/.b", "/files/{a}{b} has PUT"],
    ["PUT", "/files/abc", "PUT /files/{a}{b} a=a b=bc"],
    ["PUT", "/files/a", "nothing"],
    ["GET", "/caf%C3%A9/1", "GET /caf\u00e9/{x} x=1"],
    ["GET", "/caf%c3%a9/1", "GET /caf\u00e9/{x} x=1"],
    ["GET", "/a%2fb", "GET /a%2Fb"],
    ["GET", "/.well-known/a", "GET /.well-known/{x} x=a"],
    ["GET", "/hidden", "nothing"],
    ["GET", "/nothing", "nothing"],
    ["GET", "/users/7/posts", "nothing"],
    ["GET", "*", "nothing"],
  ])("%s %s: %s", (method, path, expected) => {
    expect(found(own, method, path)).toBe(expected);
  });

  test("also below the path of the document's server, which goes first", () => {
    const based = table(
      { "/a": get, "/v1/a": { post: { responses: {} } } },
      { servers: [{ url: "https://x.example/v1" }] },
    );
    expect(found(based, "GET", "/v1/a")).toBe("GET /a");
    expect(found(based, "POST", "/v1/v1/a")).toBe("POST /v1/a");
    expect(found(based, "POST", "/v1/a")).toBe("POST /v1/a");
    expect(found(based, "GET", "/a")).toBe("GET /a");
    expect(found(based, "GET", "/v2/a")).toBe("nothing");
  });

  test("with what its path says for all, and other methods than the usual ones", () => {
    const parameters = [{ name: "q", in: "query" }];
    const own = table({
      "/a": { parameters, get: { responses: {} }, additionalOperations: { PURGE: { responses: {} } } },
    });
    const documented = own.find("PURGE", "/a");
    expect(documented).toMatchObject({ kind: "operation", operation: { method: "PURGE", value: { parameters } } });
  });

  test("in no time, whatever the templates and the path are", () => {
    const many: Record<string, JsonObject> = {};
    for (let i = 0; i < 2 ** 10; i++) {
      const segments = Array.from({ length: 10 }, (_, bit) => ((i >> bit) % 2 === 0 ? "a" : `{p${bit}}`));
      many[`/${segments.join("/")}/end`] = get;
    }
    const own = table(many);
    const before = process.cpuUsage();
    for (let i = 0; i < 20; i++) {
      expect(found(own, "GET", `${"/a".repeat(10)}/other`)).toBe("nothing");
      expect(found(own, "GET", `/${"a".repeat(100_000)}`)).toBe("nothing");
    }
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });
});

describe("the documents of services", () => {
  const document = (path: string): JsonObject => ({ openapi: "3.1.0", paths: { [path]: get } });

  test("are replaced, and forgotten with their service", () => {
    const documents = new KnownOperations();
    expect(documents.of("users")).toBeUndefined();
    const first = document("/a");
    documents.put("users", first);
    const table = documents.of("users");
    expect(table?.find("GET", "/a").kind).toBe("operation");
    documents.put("users", first);
    expect(documents.of("users")).toBe(table);
    documents.put("users", document("/b"));
    expect(documents.of("users")?.find("GET", "/a").kind).toBe("path-unknown");
    let reads = 0;
    documents.put("orders", () => {
      reads++;
      return document("/c");
    });
    documents.put("broken", () => {
      throw new Error("no document");
    });
    expect([documents.of("broken"), documents.of("broken"), reads]).toEqual([undefined, undefined, 0]);
    documents.keep(new Set(["orders"]));
    expect([documents.of("users"), documents.of("orders")?.find("GET", "/c").kind]).toEqual([undefined, "operation"]);
    expect([documents.of("orders")?.source.service, reads]).toEqual(["orders", 1]);
  });

  test("are read one after the other where they are large, before a request needs them, and the one before counts meanwhile", async () => {
    const documents = new KnownOperations();
    const tableAt = (path: string) => new OperationTable("users", document(path));
    const reads: string[] = [];
    const large = (name: string, path: string) => {
      const gate = Promise.withResolvers<void>();
      const read = async () => {
        reads.push(name);
        await gate.promise;
        return tableAt(path);
      };
      return { read, open: gate.resolve };
    };
    const first = large("first", "/a");
    documents.putLarge("users", first.read);
    expect([documents.ready("nobody"), reads]).toEqual([undefined, []]);
    const ready = documents.ready("users");
    expect(documents.of("users")).toBeUndefined();
    first.open();
    await ready;
    const table = documents.of("users");
    expect(table?.find("GET", "/a").kind).toBe("operation");
    expect(documents.ready("users")).toBeUndefined();

    const [second, third] = [large("second", "/b"), large("third", "/c")];
    documents.putLarge("users", second.read);
    documents.putLarge("users", third.read);
    expect([documents.of("users"), documents.ready("users")]).toEqual([table, undefined]);
    second.open();
    third.open();
    await until(() => documents.of("users") !== table, { what: "the latest counts" });
    expect(documents.of("users")?.find("GET", "/c").kind).toBe("operation");
    expect(reads).toEqual(["first", "third"]);

    documents.putLarge("orders", () => Promise.reject(new Error("it is too large")));
    await documents.ready("orders");
    expect([documents.of("orders"), documents.ready("orders")]).toEqual([undefined, undefined]);
  });
});

test("a large document comes from a thread as it was, in pieces", async () => {
  const whole: JsonObject = {
    openapi: "3.1.0",
    info: { title: "T\n", version: "1" },
    paths: Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`/${i}`, { ...get, summary: "ü".repeat(100) }])),
    components: { schemas: { A: { type: "string" }, empty: {} }, responses: {} },
    "x-list": [1, null],
  };
  expect(await joined(piecesOf(whole))).toEqual(whole);
  const { source } = await readInThread("users", gzipSync(JSON.stringify(whole)));
  expect(source.document).toEqual(whole);
  expect(source.component("schemas/A")?.value).toEqual({ type: "string" });
  const broken = readInThread("users", new Uint8Array(3));
  await expect(broken).rejects.toThrow("reading has failed");
});
