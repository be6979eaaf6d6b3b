import { isObject, type Json, type JsonObject, listAt, objectAt, textAt } from "../json.ts";
import { parametersOf } from "../samples.ts";
import type { Changes } from "./change.ts";
import type { Resolve } from "./resolve.ts";
import { compareSchemas, type SchemaSides } from "./schemas.ts";

/** An operation with what its path and its document say for it. */
export interface DiffOperation {
  readonly path: string;
  readonly value: JsonObject;
  readonly parameters: readonly JsonObject[];
  readonly security: readonly JsonObject[];
}

type Sides = Omit<SchemaSides, "direction">;

/** Compares two operations that are the same but for their contents. */
export function compareOperations(before: DiffOperation, after: DiffOperation, sides: Sides): void {
  compareParameters(before, after, sides);
  compareBodies(sides.before(before.value.requestBody), sides.after(after.value.requestBody), sides);
  compareResponses(before.value, after.value, sides);
  compareSecurity(before.security, after.security, sides.changes);
  if (after.value.deprecated === true && before.value.deprecated !== true) sides.changes.other("", "it is deprecated");
}

function compareParameters(before: DiffOperation, after: DiffOperation, sides: Sides): void {
  const { changes } = sides;
  const old = byPlace(before);
  const next = byPlace(after);
  for (const [key, parameter] of next) {
    const known = old.get(key);
    const part = partOf(parameter);
    const isRequired = parameter.required === true;
    if (known === undefined) {
      if (isRequired) changes.breaking(part, "it is new, and required");
      else changes.other(part, "it is new");
      continue;
    }
    if (isRequired && known.required !== true) changes.breaking(part, "it is required from now on");
    if (!isRequired && known.required === true) changes.other(part, "it is not required any more");
    compareSchemas(schemaOf(known), schemaOf(parameter), part, { ...sides, direction: "request" });
  }
  for (const [key, parameter] of old) if (!next.has(key)) changes.other(partOf(parameter), "it is no more");
}

/** Parameters of a path are told apart by their place in it: their names are nobody's business. Headers have no case. */
function byPlace({ path, parameters }: DiffOperation): ReadonlyMap<string, JsonObject> {
  const names = parametersOf(path);
  return new Map(
    parameters.map((parameter) => {
      const name = textAt(parameter, "name") ?? "";
      const where = textAt(parameter, "in") ?? "";
      const place = where === "path" ? String(names.indexOf(name)) : where === "header" ? name.toLowerCase() : name;
      return [`${where} ${place}`, parameter];
    }),
  );
}

function partOf(parameter: JsonObject): string {
  return `${textAt(parameter, "in")} parameter ${textAt(parameter, "name")}`;
}

function schemaOf(parameter: JsonObject): Json | undefined {
  const [media] = Object.values(objectAt(parameter, "content") ?? {});
  return parameter.schema ?? objectAt(media, "schema");
}

function compareBodies(before: JsonObject | undefined, after: JsonObject | undefined, sides: Sides): void {
  const { changes } = sides;
  if (after === undefined) {
    if (before !== undefined) changes.other("request body", "it is no more");
    return;
  }
  if (after.required === true && before?.required !== true)
    changes.breaking("request body", "it is required from now on");
  else if (before === undefined) changes.other("request body", "it is new");
  if (before !== undefined) compareContents(before, after, "request body", { ...sides, direction: "request" });
}

function compareResponses(before: JsonObject, after: JsonObject, sides: Sides): void {
  const { changes } = sides;
  const old = objectAt(before, "responses") ?? {};
  const next = objectAt(after, "responses") ?? {};
  for (const [status, response] of Object.entries(old)) {
    const part = `response ${status}`;
    const other = next[status];
    if (other !== undefined) {
      const [a, b] = [sides.before(response), sides.after(other)];
      if (a !== undefined && b !== undefined) compareContents(a, b, part, { ...sides, direction: "response" });
      for (const name of Object.keys(objectAt(a, "headers") ?? {})) {
        if (objectAt(b, "headers")?.[name] === undefined) changes.breaking(part, `the header ${name} is no more`);
      }
    } else if (status.startsWith("2")) changes.breaking(part, "it is no more");
    else changes.other(part, "it is no more");
  }
  for (const status of Object.keys(next))
    if (old[status] === undefined) changes.other(`response ${status}`, "it is new");
}

function compareContents(before: JsonObject, after: JsonObject, part: string, sides: SchemaSides): void {
  const old = objectAt(before, "content") ?? {};
  const next = objectAt(after, "content") ?? {};
  for (const [type, media] of Object.entries(old)) {
    if (next[type] === undefined) sides.changes.breaking(part, `the media type ${type} is no more`);
    else compareSchemas(objectAt(media, "schema"), objectAt(next[type], "schema"), part, sides);
  }
  for (const type of Object.keys(next)) {
    if (old[type] === undefined && Object.keys(old).length > 0)
      sides.changes.other(part, `the media type ${type} is new`);
  }
}

/** Each way in that was enough must still be enough. */
function compareSecurity(before: readonly JsonObject[], after: readonly JsonObject[], changes: Changes): void {
  const old = before.length === 0 ? [{}] : before;
  const next = after.length === 0 ? [{}] : after;
  for (const way of old) {
    if (next.some((other) => isEnough(way, other))) continue;
    changes.breaking("security", `${wayText(way)} is not enough any more; needed is ${next.map(wayText).join(" or ")}`);
  }
  for (const way of next)
    if (!old.some((other) => isEnough(other, way))) changes.other("security", `${wayText(way)} is new`);
}

function isEnough(had: JsonObject, needed: JsonObject): boolean {
  return Object.entries(needed).every(([scheme, scopes]) => {
    if (had[scheme] === undefined) return false;
    const owned = listAt(had, scheme);
    return Array.isArray(scopes) ? scopes.every((scope) => owned.includes(scope)) : true;
  });
}

function wayText(way: JsonObject): string {
  const names = Object.keys(way).map((name) => {
    const scopes = listAt(way, name);
    return scopes.length === 0 ? name : `${name} (${scopes.join(", ")})`;
  });
  return names.length === 0 ? "no credential" : names.join(" and ");
}

/** The objects of a list, through references. */
export function resolvedList(value: Json | undefined, resolve: Resolve): readonly JsonObject[] {
  return (Array.isArray(value) ? value : []).flatMap((one) => resolve(one) ?? []).filter(isObject);
}
