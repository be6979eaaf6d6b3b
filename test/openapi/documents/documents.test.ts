import { describe, expect, test } from "bun:test";
import type { ServiceConfig } from "../../../src/config/schema.ts";
import { Documents } from "../../../src/openapi/documents/documents.ts";
import { type MergeJob, runJob } from "../../../src/openapi/job.ts";
import { createTestLasting } from "../../../src/testing/lasting.ts";
import { documentOf } from "../../support/documented.ts";
import { tempFolder } from "../../support/temp.ts";

const SECTION = {
  path: "/openapi.json",
  docs: false as const,
  title: "T",
  version: "1",
  refresh: 60_000,
  timeout: 5_000,
  "max-bytes": 1_048_576,
  documents: {},
};

describe("a document that brings the merge down", () => {
  test("is found, and left alone until it changes; all others get in", async () => {
    using folder = tempFolder();
    const names = ["bad", "users", "orders"];
    const services = names.map((name) => {
      const file = folder.write(`${name}.json`, JSON.stringify(documentOf(name)));
      return [name, { openapi: { file, headers: {} } } as unknown as ServiceConfig] as const;
    });
    const routes = names.map((service) => ({ path: `/${service}`, service, plugins: {} }));
    const { log, now, logs } = createTestLasting();
    const freshOf = ({ sources }: MergeJob) =>
      sources.flatMap(({ service, fresh }) => (fresh === undefined ? [] : [service]));
    const merges: (readonly string[])[] = [];
    const documents = new Documents({
      openapi: SECTION,
      config: { services: Object.fromEntries(services), routes },
      policies: { routes: [], lines: [] },
      askOf: () => ({ send: () => Promise.reject(new Error("nobody is asked")), targetCount: () => 0 }),
      store: undefined,
      log,
      now,
      async merge(job) {
        merges.push(freshOf(job));
        if (
          job.sources.some(({ service, fresh }) => service === "bad" && Buffer.concat(fresh ?? []).includes("3.0.3"))
        ) {
          throw new Error("it takes too long");
        }
        return runJob(job);
      },
    });
    const states = () => documents.report().services.map(({ state }) => state);

    await documents.refresh();
    expect([documents.report().error, documents.at("/openapi.json")]).toEqual(["it takes too long", undefined]);
    await documents.refresh();
    expect(merges).toEqual([names, ["bad"], ["users"], ["orders"]]);
    expect(states()).toEqual(["missing", "fresh", "fresh"]);
    expect(documents.report().error).toBeUndefined();
    expect(logs.some(({ fields }) => fields.service === "bad" && fields.reason === "the merge fails with it")).toBe(
      true,
    );

    await documents.refresh();
    expect(merges).toHaveLength(4);
    folder.write("bad.json", JSON.stringify(documentOf("bad", "3.1.0")));
    folder.write("users.json", JSON.stringify(documentOf("users", "3.1.0")));
    await documents.refresh();
    expect(merges.slice(4)).toEqual([["bad", "users"]]);
    expect(states()).toEqual(["fresh", "fresh", "fresh"]);
    documents.stop();
  });
});
