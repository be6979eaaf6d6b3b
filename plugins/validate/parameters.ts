import {
  type DocumentedOperation,
  type ErrorDetail,
  type HeaderList,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  readCookies,
  textAt,
} from "../../src/plugin.ts";
import { checkFound } from "./coerce.ts";
import type { Fault } from "./faults.ts";
import { decodePercent, type RawFields } from "./query.ts";
import { REPEATED } from "./repeated.ts";
import type { SchemaCheck, Schemas } from "./schemas.ts";
import { ANY, type Shape, shapeOf } from "./shape.ts";
import { type Found, readField, readPathStyle, readSimple, type Style } from "./styles.ts";

/** Where parameters are read from. */
export interface ParameterPlaces {
  readonly params: ReadonlyMap<string, string>;
  readonly query: RawFields;
  readonly headers: HeaderList;
}

/** One parameter; answers what is wrong with it. Throws `bad_request` for what cannot be read at all. */
export type ParameterCheck = (places: ParameterPlaces) => readonly Fault[] | undefined;

export interface CompiledParameter {
  readonly name: string;
  readonly in: string;
  readonly check: ParameterCheck;
  /** Names in the query that belong to it. */
  readonly owns: (name: string) => boolean;
}

/** Header fields that are no parameters, whatever a document says (OpenAPI 3.1 §4.8.12). */
const NO_PARAMETERS = new Set(["accept", "content-type", "authorization"]);

export function compileParameters(operation: DocumentedOperation, schemas: Schemas): readonly CompiledParameter[] {
  const { source, value, method, path } = operation;
  const names = listAt(value, "parameters").flatMap((written) => {
    const parameter = source.resolve(written, "parameter");
    return textAt(parameter, "in") === "query" ? (textAt(parameter, "name") ?? []) : [];
  });
  return listAt(value, "parameters").flatMap((written) => {
    const parameter = source.resolve(written, "parameter");
    const name = textAt(parameter, "name");
    const where = textAt(parameter, "in");
    if (parameter === undefined || name === undefined || where === undefined) return [];
    if (where === "header" && NO_PARAMETERS.has(name.toLowerCase())) return [];
    if (where === "querystring") return [wholeQuery(name)];
    const style = styleOf(parameter, where);
    if (style === undefined) return [];
    if (where === "query") style.taken = new Set(names.filter((other) => other !== name));
    const content = Object.entries(objectAt(parameter, "content") ?? {})[0];
    const schema = content === undefined ? (parameter.schema ?? true) : schemaIn(content[1]);
    const shape = content === undefined ? shapeOf(schema, source) : ANY;
    const check = schemas.check(schema, `the parameter ${name} of ${method} ${path}`);
    const isJson = content !== undefined && /[/+]json\b/.test(content[0]);
    const read = reader(name, where, style, shape);
    // A value that is taken for granted need not be sent.
    const isRequired = parameter.required === true && source.resolve(schema, "schema")?.default === undefined;
    const mayBeEmpty = parameter.allowEmptyValue === true;
    return {
      name,
      in: where,
      owns: ownedBy(name, style, shape),
      check(places) {
        const found = read(places);
        if (found === undefined) return isRequired ? MISSING : undefined;
        if (found === REPEATED) return TWICE;
        if (mayBeEmpty && found.texts === "") return undefined;
        return isJson ? checkJson(found.texts, check) : checkFound(found, shape, check, 0);
      },
    };
  });
}

/** Parts of a request that cannot be found: nothing is wrong with them, and the first request tells of them. */
export function brokenParts(refs: readonly string[], place: string, schemas: Schemas): readonly CompiledParameter[] {
  const check = () => {
    schemas.tellBroken(refs, place);
    return undefined;
  };
  return refs.length === 0 ? [] : [{ name: "", in: "", owns: () => false, check }];
}

const MISSING: readonly Fault[] = [{ pointer: "", detail: "is required" }];
const TWICE: readonly Fault[] = [{ pointer: "", detail: "is given more than once" }];
const NO_JSON: readonly Fault[] = [{ pointer: "", detail: "must be JSON" }];

/** All of the query (OpenAPI 3.2 §4.12.2.1): nothing in it is unknown. What is in it is the service's to check. */
function wholeQuery(name: string): CompiledParameter {
  return { name, in: "querystring", owns: () => true, check: () => undefined };
}

function schemaIn(mediaType: Json): Json {
  const schema = typeof mediaType === "object" && mediaType !== null && "schema" in mediaType ? mediaType.schema : true;
  return schema ?? true;
}

function checkJson(text: unknown, check: SchemaCheck): readonly Fault[] | undefined {
  if (typeof text !== "string") return NO_JSON;
  try {
    return check(JSON.parse(text), text.length);
  } catch {
    return NO_JSON;
  }
}

/** Undefined for a place or a style that is not read. */
function styleOf(parameter: JsonObject, where: string): { -readonly [K in keyof Style]: Style[K] } | undefined {
  const usual = where === "query" || where === "cookie" ? "form" : "simple";
  const style = textAt(parameter, "style") ?? usual;
  const explode = typeof parameter.explode === "boolean" ? parameter.explode : style === "form";
  return STYLES[where]?.has(style) ? { style, explode } : undefined;
}

const STYLES: Readonly<Record<string, ReadonlySet<string>>> = {
  path: new Set(["simple", "label", "matrix"]),
  query: new Set(["form", "spaceDelimited", "pipeDelimited", "deepObject"]),
  header: new Set(["simple"]),
  cookie: new Set(["form"]),
};

function reader(name: string, where: string, style: Style, shape: Shape) {
  if (where === "query") return ({ query }: ParameterPlaces) => readField(query, name, style, shape);
  const simple = (text: string, isEscaped: boolean): Found => readSimple(text, style, shape, isEscaped);
  if (where === "path") {
    return ({ params }: ParameterPlaces) => {
      const text = params.get(name);
      if (text === undefined) return undefined;
      return style.style === "simple" ? simple(text, true) : readPathStyle(text, name, style, shape);
    };
  }
  const isList = shape.types.has("array") || shape.types.has("object");
  if (where === "header") {
    const field = name.toLowerCase();
    return ({ headers }: ParameterPlaces) => {
      const lines = headers.getAll(field);
      if (lines.length === 0) return undefined;
      return lines.length > 1 && !isList ? REPEATED : simple(lines.join(","), false);
    };
  }
  return ({ headers }: ParameterPlaces) => {
    const values = readCookies(headers, name);
    if (values.length > 1) return REPEATED;
    const [value] = values;
    return value === undefined ? undefined : simple(isList ? value : decodePercent(value), isList);
  };
}

function ownedBy(name: string, { style, explode }: Style, shape: Shape): (name: string) => boolean {
  const { types, properties } = shape;
  if (style === "deepObject") return (other) => other.startsWith(`${name}[`);
  if (style === "form" && explode && types.has("object")) {
    return (other) => properties.has(other) || other === name || shape.isOpen;
  }
  return (other) => other === name;
}

/** What is wrong with the parameters of a request, as clients are told. */
export function checkParameters(
  parameters: readonly CompiledParameter[],
  places: ParameterPlaces,
  most: number,
): ErrorDetail[] | undefined {
  let errors: ErrorDetail[] | undefined;
  for (const { name, in: where, check } of parameters) {
    const faults = check(places);
    if (faults === undefined) continue;
    errors ??= [];
    for (const { pointer, detail } of faults) {
      if (errors.length === most) return errors;
      errors.push({ parameter: name, in: where, ...(pointer !== "" && { pointer }), detail });
    }
  }
  return errors;
}
