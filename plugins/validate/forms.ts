import { type Json, type JsonObject, objectAt, pointerToken, textAt } from "../../src/plugin.ts";
import { type Texts, Typed } from "./coerce.ts";
import type { Fault } from "./faults.ts";
import { decodeUtf8, parseJson } from "./json.ts";
import { isJson, type MediaType, matchRange, parseMediaType } from "./media-type.ts";
import { type Part, parseMultipart } from "./multipart.ts";
import { decodeField, parseFields } from "./query.ts";
import { REPEATED } from "./repeated.ts";
import { ANY, type Shape } from "./shape.ts";
import { readField, type Style } from "./styles.ts";

/** What a form says: its values by name, and what is wrong with its form already. */
export interface Form {
  readonly values: ReadonlyMap<string, Texts>;
  /** As they are to those who decode a list before they take it apart; undefined where that makes no difference. */
  readonly decodedFirst?: ReadonlyMap<string, Texts> | undefined;
  readonly faults: readonly Fault[];
}

/** Reads bodies of one media type of a document. Throws `bad_request` for a body that is none. */
export type FormReader = (bytes: Uint8Array, type: MediaType) => Form;

/** `application/x-www-form-urlencoded`: fields are written as in a query (OpenAPI 3.1 §4.8.15). */
export function urlencodedReader(encoding: JsonObject | undefined, shape: Shape): FormReader {
  const properties = [...shape.properties].map(([name, inner]) => {
    const own = objectAt(encoding, name);
    return { name, inner, style: styleOf(own), isJson: own?.style === undefined && isStructure(inner) };
  });
  // To all others a name with a bracket is one of its own, whatever a service may take it for.
  const deep = properties.filter(({ style }) => style.style === "deepObject").map(({ name }) => name);
  return (bytes) => {
    const fields = parseFields(decodeUtf8(bytes));
    const values = new Map<string, Texts>();
    const others = new Map<string, Texts>();
    const faults: Fault[] = [];
    for (const [name, texts] of fields) {
      if (name.includes("[") && deep.some((own) => name.startsWith(`${own}[`))) continue;
      const decoded = texts.map(decodeField);
      values.set(name, decoded.length === 1 ? (decoded[0] ?? "") : decoded);
    }
    for (const { name, inner, style, isJson: isText } of properties) {
      const found = readField(fields, name, isText ? { ...style, explode: true } : style, isText ? ANY : inner);
      if (found === REPEATED) faults.push({ pointer: `/${pointerToken(name)}`, detail: "is given more than once" });
      else if (found !== undefined) {
        values.set(name, isText ? typed(found.texts) : found.texts);
        if (found.decodedFirst !== undefined) others.set(name, found.decodedFirst);
      }
    }
    return { values, decodedFirst: others.size === 0 ? undefined : new Map([...values, ...others]), faults };
  };
}

function styleOf(encoding: JsonObject | undefined): Style {
  const style = textAt(encoding, "style") ?? "form";
  return { style, explode: typeof encoding?.explode === "boolean" ? encoding.explode : style === "form" };
}

function isStructure({ types }: Shape): boolean {
  return types.has("object") && !types.has("string");
}

function typed(texts: Texts): Texts {
  return typeof texts === "string" ? new Typed(parseJson(texts)) : texts;
}

/** `multipart/form-data`: texts and JSON are read, of files the head and the length count. */
export function multipartReader(encoding: JsonObject | undefined, shape: Shape): FormReader {
  const wanted = new Map(
    [...shape.properties.keys()].flatMap((name) => {
      const written = textAt(objectAt(encoding, name), "contentType");
      const ranges = written?.split(",").flatMap((range) => parseMediaType(range) ?? []);
      return written === undefined || ranges === undefined ? [] : [[name, { written, ranges }] as const];
    }),
  );
  const joined = new Set(Object.keys(encoding ?? {}).filter((name) => objectAt(encoding, name)?.explode === false));
  return (bytes, type) => {
    const values = new Map<string, Texts>();
    const faults: Fault[] = [];
    for (const [name, parts] of Map.groupBy(parseMultipart(bytes, type), (part) => part.name)) {
      const inner = shape.properties.get(name) ?? shape.rest;
      const isList = inner?.types.has("array") === true;
      const pointer = `/${pointerToken(name)}`;
      const types = wanted.get(name);
      if (types !== undefined && !parts.every((part) => types.ranges.some((range) => matchRange(part.type, range) > 0)))
        faults.push({ pointer, detail: `must be of type ${types.written}` });
      if (parts.length > 1 && !isList) faults.push({ pointer, detail: "is given more than once" });
      const contents = parts
        .map((part) => contentOf(part, isList ? inner?.items : inner))
        .flatMap((content) =>
          isList && joined.has(name) && typeof content === "string" ? content.split(",") : [content],
        );
      values.set(
        name,
        isList && !(contents[0] instanceof Typed && Array.isArray(contents[0].value)) ? contents : (contents[0] ?? ""),
      );
    }
    return { values, faults };
  };
}

function contentOf({ isFile, type, content }: Part, shape: Shape | undefined): Texts {
  const isText = type.type === "text" && !isFile;
  // Of a file that is only a file nobody says what is in it.
  const isData = shape !== undefined && shape.types.size > 0 && !shape.types.has("string");
  if ((isJson(type) && (isData || !isFile)) || (isText && shape !== undefined && isStructure(shape))) {
    return new Typed(parseJson(decodeUtf8(content)));
  }
  // A file is as long as it has bytes, whatever they mean.
  return isText ? decodeUtf8(content) : new Typed(content.toString("latin1"));
}

/** The `encoding` of a media type. */
export function encodingOf(mediaType: Json): JsonObject | undefined {
  return objectAt(mediaType, "encoding");
}
