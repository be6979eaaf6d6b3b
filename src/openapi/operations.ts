import { METHODS } from "./grammar.ts";
import { type Draft, isObject, type Json, type JsonObject, listAt, objectAt, pointerToken, textAt } from "./json.ts";
import { reportBroken } from "./merge/broken-reference.ts";
import type { Report } from "./report.ts";
import type { Source } from "./source.ts";

/** One operation of a service, complete by itself: what its path and document say for it is in it. */
export interface SourceOperation {
  readonly source: Source;
  /** As in the document. */
  readonly path: string;
  /** In capitals. */
  readonly method: string;
  /** Where the service serves the paths of the document: "/v1", or "". */
  readonly basePath: string;
  readonly value: JsonObject;
  /** References to parameters that lead nowhere, and so are not in it. */
  readonly brokenParameters: readonly string[];
  /** Where it stands in the document. */
  readonly pointer: string;
}

/** All operations of a document that are not internal. */
export function operationsOf(source: Source, report: Report): readonly SourceOperation[] {
  const paths = Object.entries(objectAt(source.document, "paths") ?? {});
  return paths.flatMap(([path, written]) => operationsAt(source, path, written, report));
}

/** Those of one path. */
export function operationsAt(source: Source, path: string, written: Json, report: Report): readonly SourceOperation[] {
  const { service } = source;
  const pointer = `/paths/${pointerToken(path)}`;
  if (path.startsWith("x-")) return [];
  const item = pathItem(source, written, report);
  if (item === undefined || !path.startsWith("/")) {
    report.add({ kind: "operation-dropped", service, pointer, message: "this is no path" });
    return [];
  }
  return methodsOf(item).flatMap(([method, keys, operation]) => {
    const at = `${pointer}/${keys.map(pointerToken).join("/")}`;
    if (!isObject(operation)) {
      report.add({ kind: "operation-dropped", service, pointer: at, message: "this is no operation" });
      return [];
    }
    if (item["x-internal"] === true || operation["x-internal"] === true) {
      report.add({ kind: "operation-hidden", service, pointer: at, message: `${method} ${path} is internal` });
      return [];
    }
    const value = complete(source, item, operation, report);
    const brokenParameters = brokenIn(source, [...listAt(item, "parameters"), ...listAt(operation, "parameters")]);
    return [{ source, path, method, basePath: basePathOf(value.servers), value, brokenParameters, pointer: at }];
  });
}

/** A path item may be elsewhere; what is written beside the reference counts first. */
function pathItem(source: Source, written: Json, report: Report): JsonObject | undefined {
  if (!isObject(written)) return undefined;
  if (typeof written.$ref !== "string") return written;
  const { $ref, ...own } = written;
  const referred = source.resolve(written, "pathItem");
  if (referred === undefined) reportBroken(source, $ref, "pathItem", report);
  return { ...referred, ...own };
}

function methodsOf(item: JsonObject): readonly (readonly [method: string, keys: readonly string[], operation: Json])[] {
  const usual = METHODS.flatMap((key) => {
    const operation = item[key];
    return operation === undefined ? [] : [[key.toUpperCase(), [key], operation] as const];
  });
  const others = Object.entries(objectAt(item, "additionalOperations") ?? {}).map(
    ([method, operation]) => [method, ["additionalOperations", method], operation] as const,
  );
  return [...usual, ...others];
}

/** With what the path item and the document say for all of their operations. */
function complete(source: Source, item: JsonObject, operation: JsonObject, report: Report): JsonObject {
  const { document } = source;
  const value: Draft = { ...operation };
  const own = listAt(operation, "parameters");
  const named = new Set(own.map((parameter) => parameterKey(source, parameter)));
  const shared = listAt(item, "parameters").filter((parameter) => !named.has(parameterKey(source, parameter)));
  const parameters = [...shared, ...own].filter((parameter) => isShown(source, parameter, report));
  if (parameters.length > 0) value.parameters = parameters;
  else delete value.parameters;
  for (const key of ["summary", "description"]) value[key] ??= item[key] ?? null;
  for (const key of ["summary", "description"]) if (value[key] === null) delete value[key];
  const servers = operation.servers ?? item.servers ?? document.servers;
  if (servers !== undefined) value.servers = servers;
  const security = operation.security ?? document.security;
  if (security !== undefined) value.security = security;
  return value;
}

/** What leads nowhere cannot be sent, and what is internal is nobody's business. */
function isShown(source: Source, parameter: Json, report: Report): boolean {
  const resolved = source.resolve(parameter, "parameter");
  const ref = textAt(parameter, "$ref");
  if (resolved === undefined && ref !== undefined) reportBroken(source, ref, "parameter", report);
  return resolved !== undefined && resolved["x-internal"] !== true;
}

function brokenIn(source: Source, parameters: readonly Json[]): readonly string[] {
  return parameters.flatMap((parameter) =>
    source.resolve(parameter, "parameter") === undefined ? (textAt(parameter, "$ref") ?? []) : [],
  );
}

function parameterKey(source: Source, parameter: Json): string {
  const resolved = source.resolve(parameter, "parameter");
  return `${textAt(resolved, "in")} ${textAt(resolved, "name")}`;
}

/** The path of the first server, its variables as they are by default. */
export function basePathOf(servers: Json | undefined): string {
  const [server] = Array.isArray(servers) ? servers : [];
  const url = textAt(server, "url");
  if (url === undefined) return "";
  const variables = objectAt(server, "variables");
  const filled = url.replace(/\{([^{}]*)\}/g, (_, name: string) => textAt(objectAt(variables, name), "default") ?? "x");
  const path = URL.parse(filled, "http://service.invalid/")?.pathname ?? "";
  let end = path.length;
  while (path[end - 1] === "/") end--;
  return path.slice(0, end);
}
