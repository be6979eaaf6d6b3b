import validate from "../../../plugins/validate/index.ts";
import { Schemas } from "../../../plugins/validate/schemas.ts";
import { Source } from "../../../src/openapi/source.ts";
import type { ErrorDetail, Json, JsonObject } from "../../../src/plugin.ts";
import { type PluginTest, type TestRequest, testPlugin } from "../../../src/testing.ts";
import { DOCUMENT } from "./document.ts";

export function validator(options: Readonly<Record<string, unknown>> = {}, document: Json = DOCUMENT) {
  return testPlugin(validate, options, { document });
}

/** What became of a request: "200", or the refusal's status and code. */
export interface Verdict {
  readonly outcome: string;
  readonly detail: string | undefined;
  readonly errors: readonly ErrorDetail[];
  /** `query limit` or `/name` of each error. */
  readonly places: readonly string[];
}

export async function ask(t: PluginTest, request: TestRequest): Promise<Verdict> {
  const { reply } = await t.request(request);
  if (reply.headers.get("content-type") !== "application/problem+json") {
    return { outcome: String(reply.status), detail: undefined, errors: [], places: [] };
  }
  const problem = (await reply.body.json(1_000_000)) as { code: string; detail?: string; errors?: ErrorDetail[] };
  const errors = problem.errors ?? [];
  const places = errors.map(({ parameter, in: where, pointer = "" }) =>
    parameter === undefined ? pointer : `${where} ${parameter}${pointer}`,
  );
  return { outcome: `${reply.status} ${problem.code}`, detail: problem.detail, errors, places };
}

/** What the admin port tells. */
export async function driftOf(t: PluginTest) {
  const answer = await t.admin.handle(new Request("http://admin/"));
  return (await answer.json()) as {
    drift: { kind: string; what: string; count: number }[];
    others: number;
    unchecked: unknown[];
  };
}

/** Checks values of requests against a schema of a document with these components. */
export function checker(schema: Json, schemas: JsonObject = {}) {
  const unchecked: string[] = [];
  const source = new Source("test", { openapi: "3.1.0", components: { schemas } });
  const check = new Schemas(source, "request", (what) => unchecked.push(what)).check(schema, "it");
  return { check: (value: unknown) => check(value, JSON.stringify(value).length), unchecked };
}
