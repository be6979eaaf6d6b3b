import { describe, expect, test } from "bun:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { RouteConfig } from "../../src/config/schema.ts";
import { type MergeJob, type MergeSource, runJob, type SourceVerdict } from "../../src/openapi/job.ts";
import type { JsonObject } from "../../src/openapi/json.ts";
import { mergeDocuments } from "../../src/openapi/merge/merge.ts";
import { mergeInThread } from "../../src/openapi/thread.ts";
import { yamlText } from "../../src/openapi/yaml-text.ts";
import { documentOf } from "../support/documented.ts";

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function jobOf(sources: readonly MergeSource[], more: Partial<MergeJob> = {}): MergeJob {
  const routes = sources.map(
    ({ service }): RouteConfig => ({ path: `/api/${service}/*`, service, "strip-prefix": "/api", plugins: {} }),
  );
  return {
    title: "T",
    version: "1",
    routes,
    hidden: [],
    policies: { routes: [], lines: [] },
    audiences: {},
    sources,
    ...more,
  };
}

function fresh(service: string, document: unknown = documentOf(service)): MergeSource {
  return { service, fresh: [bytesOf(document)], kept: undefined };
}

function unzipped(verdict: SourceVerdict | undefined): unknown {
  return JSON.parse(gunzipSync(verdict?.kept ?? "").toString());
}

function pathsOf(result: ReturnType<typeof runJob>, index = 0): readonly string[] {
  return Object.keys(JSON.parse(Buffer.from(result.documents[index]?.json.plain ?? []).toString()).paths);
}

describe("a merge", () => {
  test("takes the fresh document, and gives it back to be kept", () => {
    const result = runJob(jobOf([fresh("users")]));
    expect(pathsOf(result)).toEqual(["/api/users"]);
    const [verdict] = result.sources;
    expect([verdict?.service, verdict?.version, verdict?.fault]).toEqual(["users", "3.0.3", undefined]);
    expect(unzipped(verdict)).toMatchObject({ openapi: "3.1.1", paths: documentOf("users").paths });
  });

  test("gives it back as JSON of today's version, however it was written, which is told all the same", () => {
    const document = documentOf("users", "3.1.0");
    const sources = [
      fresh("users", document),
      { service: "orders", fresh: [Buffer.from(yamlText(document as JsonObject))], kept: undefined },
    ];
    const [json, yaml] = runJob(jobOf(sources)).sources;
    expect(gunzipSync(json?.kept ?? "").toString()).toBe(JSON.stringify(document));
    expect(unzipped(yaml)).toEqual(document);
    const again = { service: "users", fresh: undefined, kept: json?.kept, keptVersion: "2.0" };
    expect(runJob(jobOf([again])).sources).toEqual([{ service: "users", version: "2.0" }]);
  });

  test("takes the kept one where the fresh one is no good, and says why", () => {
    const kept = gzipSync(bytesOf(documentOf("users", "3.1.0")));
    const result = runJob(jobOf([{ service: "users", fresh: [Buffer.from("no")], kept }]));
    expect(pathsOf(result)).toEqual(["/api/users"]);
    expect(result.sources).toEqual([
      { service: "users", version: "3.1.0", fault: expect.stringContaining("no OpenAPI document") },
    ]);
  });

  test("does without either", () => {
    const result = runJob(jobOf([{ service: "users", fresh: undefined, kept: Buffer.from("not gzip") }]));
    expect(result.sources).toEqual([{ service: "users" }]);
    expect(pathsOf(result)).toEqual(["/api/users/{path}"]);
  });

  test("has what the policies of routes say, in the document of the services they are for", () => {
    const policy = { responses: { 429: { description: "Too many." } }, extensions: {}, notes: [] };
    const way = { withBody: policy, withoutBody: policy };
    const line = { kind: "note" as const, message: "a plugin" };
    const result = runJob(
      jobOf([fresh("users"), fresh("orders")], {
        policies: { routes: [new Map(), new Map([["orders", way]])], lines: [line] },
      }),
    );
    const { paths } = JSON.parse(Buffer.from(result.documents[0]?.json.plain ?? []).toString());
    expect(Object.keys(paths["/api/orders"].get.responses)).toEqual(["200", "429"]);
    expect(Object.keys(paths["/api/users"].get.responses)).toEqual(["200"]);
    expect(result.lines).toContainEqual(line);
  });

  test("makes a document for each audience", () => {
    const audiences = {
      tagged: { tags: ["orders"] },
      named: { services: ["users"] },
      both: { tags: ["orders"], services: ["users"] },
    };
    const result = runJob(jobOf([fresh("users"), fresh("orders")], { audiences }));
    expect(result.documents.map(({ audience }) => audience)).toEqual([undefined, "tagged", "named", "both"]);
    expect([0, 1, 2, 3].map((index) => pathsOf(result, index))).toEqual([
      ["/api/orders", "/api/users"],
      ["/api/orders"],
      ["/api/users"],
      ["/api/orders", "/api/users"],
    ]);
  });

  test("leaves out a document that brings it down, and merges the others", () => {
    const job = jobOf([fresh("odd"), fresh("users")]);
    const result = runJob(job, (inputs, options) => {
      if (inputs.some(({ service }) => service === "odd")) throw new RangeError("too much");
      return mergeDocuments(inputs, options);
    });
    expect(pathsOf(result)).toEqual(["/api/odd/{path}", "/api/users"]);
    expect(result.sources.map(({ fault }) => fault)).toEqual(["it cannot be merged", undefined]);
    expect(result.lines).toContainEqual({
      kind: "document-failed",
      service: "odd",
      message: "it cannot be merged: too much",
    });
  });

  test("in a thread gives the same, to the byte", async () => {
    const job = jobOf([fresh("users"), fresh("orders")], { audiences: { a: { tags: ["users"] } } });
    const here = runJob(job);
    expect(await mergeInThread(job, new AbortController().signal)).toEqual(here);
  });

  test("in a thread ends with its signal, and tells what went wrong", async () => {
    const abort = new AbortController();
    const merging = mergeInThread(jobOf([fresh("users")]), abort.signal);
    abort.abort();
    await expect(merging).rejects.toThrow("the gateway is stopping");
    const broken = { ...jobOf([]), routes: undefined } as unknown as MergeJob;
    await expect(mergeInThread(broken, new AbortController().signal)).rejects.toThrow("the merge has failed");
  });
});
