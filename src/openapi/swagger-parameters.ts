import {
  type Draft,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  pointerKeys,
  textAt,
  valueAt,
} from "./json.ts";
import { weightOf } from "./weight.ts";

/*
 * Swagger 2.0 has bodies and forms among the parameters, where they may be references, and stand beside the operations of a path. OpenAPI 3 has
 * them elsewhere, which the upgrade knows of those alone that are written in place: so here they are brought there before it.
 */
const METHODS = ["get", "put", "post", "delete", "options", "head", "patch"];
const URLENCODED = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data";
/** Bytes that bodies which are referred to may have, each as often as it is: beyond that references stay as they are. */
const MOST_REPEATED = 16 * 1_048_576;
/** Between the items of a list; OpenAPI 3 has no word for it. */
const SEPARATORS: Readonly<Record<string, string>> = { tsv: "tabs", ssv: "spaces", pipes: "pipes" };

/** A list in a form that is one value: `a,b`. */
export interface JoinedField {
  readonly path: string;
  readonly method: string;
  readonly name: string;
}

/** Brings all bodies and forms to their operations, in place. Answers what of it the upgrade does not know. */
export function placeBodies(document: Draft): readonly JoinedField[] {
  const joined: JoinedField[] = [];
  let left = MOST_REPEATED;
  const placed = (parameter: Json): Json => {
    const found = resolved(document, parameter);
    if (found === undefined || !isBody(found)) return parameter;
    left -= weightOf(found, left);
    return left < 0 ? parameter : structuredClone(found);
  };
  for (const parameter of Object.values(objectAt(document, "parameters") ?? {})) writeSeparator(parameter);
  for (const [path, item] of Object.entries(objectAt(document, "paths") ?? {})) {
    if (!isObject(item)) continue;
    const shared = listAt(item, "parameters");
    for (const parameter of shared) writeSeparator(parameter);
    const bodies = shared.filter((one) => isBody(resolved(document, one)));
    if (bodies.length > 0) (item as Draft).parameters = shared.filter((one) => !bodies.includes(one));
    for (const method of METHODS) {
      const operation = item[method];
      if (!isObject(operation)) continue;
      const own = listAt(operation, "parameters");
      for (const parameter of own) writeSeparator(parameter);
      const names = new Set(own.map((one) => nameOf(resolved(document, one))));
      const all = [...bodies.filter((one) => !names.has(nameOf(resolved(document, one)))), ...own].map(placed);
      if (all.length > 0) (operation as Draft).parameters = all;
      const fields = all.filter((one) => textAt(one, "in") === "formData");
      if (fields.length > 0) (operation as Draft).consumes = formTypes(document, operation, fields);
      joined.push(...fields.filter(isJoined).map((one) => ({ path, method, name: textAt(one, "name") ?? "" })));
    }
  }
  return joined;
}

/** Says of such fields that they are one value, in the document as it is after the upgrade. */
export function encodeJoined(document: JsonObject, joined: readonly JoinedField[]): void {
  for (const { path, method, name } of joined) {
    const operation = objectAt(objectAt(objectAt(document, "paths"), path), method);
    const content = objectAt(objectAt(operation, "requestBody"), "content");
    for (const media of Object.values(content ?? {})) {
      if (!isObject(media) || objectAt(objectAt(media, "encoding"), name) !== undefined) continue;
      (media as Draft).encoding = { ...objectAt(media, "encoding"), [name]: { style: "form", explode: false } };
    }
  }
}

function resolved(document: JsonObject, parameter: Json): JsonObject | undefined {
  let found: Json | undefined = parameter;
  for (let steps = 0; steps < 8 && isObject(found) && typeof found.$ref === "string"; steps++) {
    const keys: readonly string[] | undefined = found.$ref.startsWith("#/")
      ? pointerKeys(found.$ref.slice(2))
      : undefined;
    found = keys && valueAt(document, keys);
  }
  return isObject(found) && typeof found.$ref !== "string" ? found : undefined;
}

function isBody(parameter: JsonObject | undefined): boolean {
  return parameter?.in === "body" || parameter?.in === "formData";
}

/** There is one body. */
function nameOf(parameter: JsonObject | undefined): string {
  return parameter?.in === "body" ? "body" : `${textAt(parameter, "in")} ${textAt(parameter, "name")}`;
}

/** Types that a form may have: those that are documented, else those that there are. */
function formTypes(document: JsonObject, operation: JsonObject, fields: readonly Json[]): Json {
  const written = [operation.consumes ?? document.consumes ?? []].flat();
  const hasFile = fields.some((one) => textAt(one, "type") === "file");
  const possible = hasFile ? [MULTIPART] : [URLENCODED, MULTIPART];
  const forms = written.filter(
    (one) => typeof one === "string" && possible.some((type) => one.toLowerCase().startsWith(type)),
  );
  return forms.length > 0 ? forms : possible;
}

function isJoined(field: Json): boolean {
  return textAt(field, "type") === "array" && ["csv", undefined].includes(textAt(field, "collectionFormat"));
}

/** A list that OpenAPI 3 cannot describe is a text. */
function writeSeparator(parameter: Json): void {
  if (!isObject(parameter) || parameter.type !== "array") return;
  const { in: where, collectionFormat } = parameter;
  const separator = SEPARATORS[String(collectionFormat)];
  if (separator === undefined || (collectionFormat !== "tsv" && where !== "path" && where !== "header")) return;
  const draft: Draft = parameter as Draft;
  const description = textAt(parameter, "description");
  for (const key of ["items", "collectionFormat", "default", "enum", "maxItems", "minItems", "uniqueItems"])
    delete draft[key];
  draft.type = "string";
  draft.description = [description, `A list, with ${separator} between its items.`].filter(Boolean).join(" ");
}
