import { isObject, type Json, type JsonObject, objectAt, type Source } from "../../src/plugin.ts";
import { checkFound, checkTexts } from "./coerce.ts";
import type { Fault } from "./faults.ts";
import { encodingOf, type FormReader, multipartReader, urlencodedReader } from "./forms.ts";
import { decodeUtf8, parseJson } from "./json.ts";
import { isJson, isUtf8, type MediaType, matchRange, parseMediaType } from "./media-type.ts";
import type { SchemaCheck, Schemas } from "./schemas.ts";
import { shapeOf } from "./shape.ts";

/** What is wrong with a body; undefined if nothing is. Throws `bad_request` for what cannot be read. */
export type BodyCheck = (bytes: Uint8Array, type: MediaType) => readonly Fault[] | undefined;

/** A body of which the document says something. */
export interface BodyType {
  readonly range: MediaType;
  /** Undefined: nothing can be said of it but its type, so that nobody need read it. */
  readonly check: BodyCheck | undefined;
}

/** The types that a body may have. */
export interface BodyTypes {
  /** As the document has them. */
  readonly written: string;
  readonly types: readonly BodyType[];
}

/** @param owner a request or reply of the document, with its `content` */
export function compileBodies(owner: JsonObject, source: Source, schemas: Schemas, place: string): BodyTypes {
  const content = objectAt(owner, "content") ?? {};
  const types = Object.entries(content).flatMap(([key, written]) => {
    const range = parseMediaType(key);
    // What leads nowhere does so as a schema too, and that is told.
    const mediaType = source.resolve(written, "mediaType") ?? (isObject(written) ? { schema: written } : undefined);
    if (range === undefined || mediaType === undefined) return [];
    return [{ range, check: checkOf(range, mediaType, source, schemas, `the ${key} body of ${place}`) }];
  });
  return { written: Object.keys(content).join(", "), types };
}

function checkOf(
  range: MediaType,
  mediaType: JsonObject,
  source: Source,
  schemas: Schemas,
  place: string,
): BodyCheck | undefined {
  const { schema } = mediaType;
  const isForm = range.type === "multipart" || range.subtype === "x-www-form-urlencoded";
  // JSON is read even where any is taken: that it is none can be told.
  if (schema === undefined && !isJson(range)) return undefined;
  const check = schemas.check(schema ?? true, place);
  if (isForm) return formCheck(range, mediaType, schema ?? true, source, check);
  const isText = range.type === "text" && range.subtype !== "*";
  if (!isText && !isJson(range) && !range.subtype.includes("*")) return undefined;
  const shape = shapeOf(schema ?? true, source);
  return (bytes, type) => {
    if (isJson(type)) return check(parseJson(decodeUtf8(bytes)), bytes.byteLength);
    return isText ? checkTexts(decodeUtf8(bytes), shape, check, bytes.byteLength) : undefined;
  };
}

function formCheck(
  range: MediaType,
  mediaType: JsonObject,
  schema: Json,
  source: Source,
  check: SchemaCheck,
): BodyCheck | undefined {
  const shape = shapeOf(schema, source);
  const encoding = encodingOf(mediaType);
  let read: FormReader;
  if (range.type === "application") read = urlencodedReader(encoding, shape);
  else if (range.subtype === "form-data") read = multipartReader(encoding, shape);
  else return undefined;
  return (bytes, type) => {
    const { values, decodedFirst, faults } = read(bytes, type);
    const others = checkFound({ texts: values, decodedFirst }, shape, check, bytes.byteLength);
    return faults.length === 0 ? others : [...faults, ...(others ?? [])];
  };
}

/** The documented type that a body is of, and the body's own; undefined if it is of none. */
export function bodyTypeOf(
  { types }: BodyTypes,
  contentType: string | undefined,
): { readonly documented: BodyType; readonly own: MediaType } | undefined {
  const own = parseMediaType(contentType ?? "application/octet-stream");
  if (own === undefined) return undefined;
  let best: BodyType | undefined;
  let bestRank = 0;
  for (const one of types) {
    const rank = matchRange(own, one.range);
    if (rank <= bestRank) continue;
    best = one;
    bestRank = rank;
  }
  if (best === undefined || (best.check !== undefined && !isUtf8(own))) return undefined;
  return { documented: best, own };
}
