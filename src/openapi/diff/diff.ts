import { METHODS } from "../grammar.ts";
import { type JsonObject, objectAt, textAt } from "../json.ts";
import { shapeOf } from "../merge/place.ts";
import { type Change, Changes } from "./change.ts";
import { compareOperations, type DiffOperation, resolvedList } from "./operations.ts";
import { createResolve, type Resolve } from "./resolve.ts";

/** What has changed from one document to another, both of OpenAPI 3.1: breaking changes first, then by operation. */
export function diffDocuments(before: JsonObject, after: JsonObject): readonly Change[] {
  const sides = { before: createResolve(before), after: createResolve(after) };
  const old = operationsOf(before, sides.before);
  const next = operationsOf(after, sides.after);
  const found: Change[] = [];
  for (const [key, operation] of old) {
    const changes = new Changes(nameOf(key, operation));
    const other = next.get(key);
    if (other === undefined) changes.breaking("", "the operation is no more");
    else compareOperations(operation, other, { ...sides, changes });
    found.push(...changes.list);
  }
  for (const [key, operation] of next) {
    if (old.has(key)) continue;
    const changes = new Changes(nameOf(key, operation));
    changes.other("", "the operation is new");
    found.push(...changes.list);
  }
  return found.toSorted((a, b) => Number(b.isBreaking) - Number(a.isBreaking));
}

/** By method and path; paths that differ in the names of their parameters are one. */
function operationsOf(document: JsonObject, resolve: Resolve): ReadonlyMap<string, DiffOperation> {
  const operations = new Map<string, DiffOperation>();
  for (const [path, written] of Object.entries(objectAt(document, "paths") ?? {})) {
    const item = resolve(written);
    if (item === undefined) continue;
    const shared = resolvedList(item.parameters, resolve);
    const others = Object.entries(objectAt(item, "additionalOperations") ?? {});
    const usual = METHODS.map((method) => [method.toUpperCase(), item[method]] as const);
    for (const [method, operation] of [...usual, ...others]) {
      const value = resolve(operation);
      if (value === undefined) continue;
      const own = resolvedList(value.parameters, resolve);
      const names = new Set(own.map(keyOf));
      const parameters = [...shared.filter((one) => !names.has(keyOf(one))), ...own];
      const security = resolvedList(value.security ?? document.security, resolve);
      operations.set(`${method} ${shapeOf(path)}`, { path, value, parameters, security });
    }
  }
  return operations;
}

function keyOf(parameter: JsonObject): string {
  return `${textAt(parameter, "in")} ${textAt(parameter, "name")}`;
}

function nameOf(key: string, { path }: DiffOperation): string {
  return `${key.slice(0, key.indexOf(" "))} ${path}`;
}
