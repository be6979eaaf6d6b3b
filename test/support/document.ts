import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblems } from "../../src/config/report.ts";
import { type Json, type JsonObject, listAt, objectAt, textAt } from "../../src/openapi/json.ts";
import { type MergeInput, mergeDocuments } from "../../src/openapi/merge/merge.ts";
import { describeRoutes, policyOf } from "../../src/openapi/policy/route-policy.ts";
import type { ReportLine } from "../../src/openapi/report.ts";
import type { Plugin } from "../../src/plugin.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import { tempFolder } from "./temp.ts";

const PLUGINS = new URL("../../plugins", import.meta.url).pathname;

/** An operation of a merged document. */
export interface DocumentedOperation extends JsonObject {
  readonly responses: JsonObject;
}

export interface TestDocument {
  readonly document: JsonObject;
  /** What the plugins' descriptions have to report. */
  readonly lines: readonly ReportLine[];
  operation(path: string, method: string): DocumentedOperation;
  /** The response of an operation for a status, its reference followed. Throws if nothing is said of it. */
  response(path: string, method: string, status: number): JsonObject;
  /** What of a reply the document does not say, or says otherwise. */
  differences(path: string, method: string, reply: Response): Promise<readonly string[]>;
  /** What is wrong with the document by the rules of OpenAPI. */
  problems(): Promise<unknown>;
}

/** The merged document of this gateway.yaml; services without an input have none. */
export async function testDocument(yaml: string, inputs: readonly MergeInput[] = []): Promise<TestDocument> {
  using folder = tempFolder();
  const file = folder.write("gateway.yaml", yaml);
  const loaded = await loadConfig<Plugin>(file, { env: {}, plugins: await createRegistry(PLUGINS) });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems, false));
  const policies = describeRoutes(loaded.config, loaded.plugins);
  const { document } = mergeDocuments(inputs, {
    title: "Test",
    version: "1",
    routes: loaded.config.routes,
    // As if they had come from another thread.
    policyOf: policyOf(structuredClone(policies)),
  });
  const operation = (path: string, method: string) => {
    const found = objectAt(objectAt(objectAt(document, "paths"), path), method.toLowerCase());
    const paths = Object.keys(objectAt(document, "paths") ?? {}).join(", ");
    if (found === undefined) throw new Error(`there is no ${method} ${path}, but ${paths}`);
    return { ...found, responses: objectAt(found, "responses") ?? {} };
  };
  const response = (path: string, method: string, status: number) => {
    const { responses } = operation(path, method);
    const found = objectAt(responses, String(status)) ?? objectAt(responses, `${Math.floor(status / 100)}XX`);
    const followed = follow(document, found ?? objectAt(responses, "default"));
    if (followed === undefined) throw new Error(`${method} ${path} says nothing of ${status}`);
    return followed;
  };
  return {
    document,
    lines: policies.lines,
    operation,
    response,
    differences: (path, method, reply) => differences(document, response(path, method, reply.status), reply),
    problems: async () => (await new Validator().validate({ ...structuredClone(document) })).errors,
  };
}

function follow(document: JsonObject, value: JsonObject | undefined): JsonObject | undefined {
  const keys = textAt(value, "$ref")?.split("/").slice(1);
  return keys === undefined ? value : keys.reduce<JsonObject | undefined>(objectAt, document);
}

/** Headers that are the gateway's to describe: one of them that is not described is a difference. */
const TOLD = /^(www-authenticate|retry-after|location|ratelimit|ratelimit-policy|x-ratelimit-.*|x-quota-.*)$/;

async function differences(document: JsonObject, response: JsonObject, reply: Response): Promise<readonly string[]> {
  const found: string[] = [];
  const headers = new Map(Object.entries(objectAt(response, "headers") ?? {}).map(([k, v]) => [k.toLowerCase(), v]));
  for (const [name, header] of headers) {
    const value = reply.headers.get(name);
    const isRequired = isTrue(header, "required");
    if (value === null && isRequired) found.push(`the header ${name} is not there`);
    const type = textAt(objectAt(header, "schema"), "type");
    if (value !== null && type === "integer" && !/^\d+$/.test(value)) found.push(`${name} is no number: ${value}`);
  }
  for (const [name] of reply.headers) {
    if (TOLD.test(name) && !headers.has(name)) found.push(`the header ${name} is not described`);
  }
  const text = await reply.text();
  const [type = ""] = (reply.headers.get("content-type") ?? "").split(";");
  const content = objectAt(response, "content") ?? {};
  const [, media] = Object.entries(content).find(([key]) => key === "*/*" || key.split(";")[0] === type) ?? [];
  if (text === "") return found;
  if (media === undefined) return [...found, `the body is ${type}, described are ${Object.keys(content)}`];
  const value: unknown = type.endsWith("json") ? JSON.parse(text) : text;
  const schema = objectAt(media, "schema") ?? {};
  const ajv = addFormats(new Ajv({ strict: false }));
  const validate = ajv.compile({ ...schema, components: document.components });
  if (!validate(value)) found.push(`${ajv.errorsText(validate.errors)}: ${text}`);
  return found;
}

function isTrue(value: Json, key: string): boolean {
  return typeof value === "object" && value !== null && key in value && (value as JsonObject)[key] === true;
}

/** The requirements of an operation, each as the names of its schemes. */
export function requirementNames(operation: JsonObject): readonly (readonly string[])[] {
  return listAt(operation, "security").map((one) => Object.keys(one ?? {}).sort());
}
