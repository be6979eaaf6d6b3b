import type { Texts } from "./coerce.ts";
import { readDeep } from "./deep.ts";
import { decodeField, decodePercent, type RawFields } from "./query.ts";
import { REPEATED } from "./repeated.ts";
import { ANY, type Shape } from "./shape.ts";

/** How the value of a parameter is written (OpenAPI 3.1 §4.8.12.4). */
export interface Style {
  readonly style: string;
  readonly explode: boolean;
  /** Names in the query that belong to other parameters: an object with any properties takes all the rest. */
  readonly taken?: ReadonlySet<string>;
}

/** The texts of a parameter. */
export interface Found {
  readonly texts: Texts;
  /** As they are to those who decode a list before they take it apart. Many clients encode its commas, too. */
  readonly decodedFirst?: Texts | undefined;
}

const DELIMITERS: Readonly<Record<string, RegExp>> = {
  form: /,/,
  spaceDelimited: /%20|\+| /,
  pipeDelimited: /\||%7[cC]/,
};

/** A parameter in the query, or a field of a form. Exploded objects are spread over the names of their properties. */
export function readField(
  fields: RawFields,
  name: string,
  { style, explode, taken }: Style,
  shape: Shape,
): Found | typeof REPEATED | undefined {
  if (style === "deepObject") {
    const texts = readDeep(fields, name, shape);
    return texts === undefined || texts === REPEATED ? texts : { texts };
  }
  const { types } = shape;
  if (types.has("object") && explode && !types.has("string")) return readSpread(fields, shape, taken);
  const values = fields.get(name);
  if (values === undefined) return undefined;
  const isList = types.has("array");
  if (isList && explode && (values.length > 1 || types.size === 1)) return { texts: values.map(decodeField) };
  const [value = ""] = values;
  if (values.length > 1) return REPEATED;
  if (explode || (!isList && !types.has("object"))) return { texts: decodeField(value) };
  const parts = value === "" ? [] : value.split(DELIMITERS[style] ?? ",").map(decodeField);
  const again = style === "form" && /%2c/i.test(value) ? decodeField(value).split(",") : undefined;
  if (isList) return { texts: parts, decodedFirst: again };
  return { texts: pairsOf(parts), decodedFirst: again && pairsOf(again) };
}

function readSpread(fields: RawFields, shape: Shape, taken: ReadonlySet<string> | undefined): Found | undefined {
  const found = new Map<string, Texts>();
  const { properties, rest } = shape;
  const isOpen = taken !== undefined && shape.isOpen;
  for (const [name, values] of fields) {
    const inner = properties.get(name) ?? (isOpen && !taken.has(name) ? (rest ?? ANY) : undefined);
    if (inner !== undefined) found.set(name, oneOrMany(values, inner));
  }
  return found.size === 0 ? undefined : { texts: found };
}

function oneOrMany(values: readonly string[], shape: Shape): Texts {
  const decoded = values.map(decodeField);
  return decoded.length === 1 && !shape.types.has("array") ? (decoded[0] ?? "") : decoded;
}

/** `a,1,b,2`. */
function pairsOf(parts: readonly string[]): ReadonlyMap<string, Texts> {
  const pairs = new Map<string, Texts>();
  for (let i = 0; i < parts.length; i += 2) pairs.set(parts[i] ?? "", parts[i + 1] ?? "");
  return pairs;
}

/** The style `simple`, of paths and headers; `isEscaped` in paths. */
export function readSimple(text: string, { explode }: Pick<Style, "explode">, shape: Shape, isEscaped: boolean): Found {
  const decode = (part: string) => (isEscaped ? decodePercent(part) : part.trim());
  const read = (parts: readonly string[]): Texts => {
    if (shape.types.has("array")) return parts;
    return explode ? namedOf(parts) : pairsOf(parts);
  };
  const { types } = shape;
  if (!types.has("array") && (!types.has("object") || types.has("string"))) return { texts: decode(text) };
  const parts = text === "" ? [] : text.split(",").map(decode);
  const again = isEscaped && /%2c/i.test(text) ? decode(text).split(",") : undefined;
  return { texts: read(parts), decodedFirst: again && read(again) };
}

/** The styles `label`, `.1.2` or `.1,2`, and `matrix`, `;id=1;id=2` or `;id=1,2` (RFC 6570 §3.2.5, §3.2.7). */
export function readPathStyle(text: string, name: string, { style, explode }: Style, shape: Shape): Found {
  const isLabel = style === "label";
  const isSpread = explode && (shape.types.has("array") || shape.types.has("object"));
  // What is not written so is no value of it.
  if (!text.startsWith(isLabel ? "." : ";")) return { texts: decodePercent(text) };
  const body = text.slice(1);
  const start = `${name}=`;
  if (!isSpread) {
    const value = isLabel ? body : body.startsWith(start) ? body.slice(start.length) : body;
    return readSimple(value, { explode: false }, shape, true);
  }
  const parts = body.split(isLabel ? "." : ";").map(decodePercent);
  if (!shape.types.has("array")) return { texts: namedOf(parts) };
  return { texts: isLabel ? parts : parts.map((part) => (part.startsWith(start) ? part.slice(start.length) : part)) };
}

/** `a=1`, `b=2`. */
function namedOf(parts: readonly string[]): ReadonlyMap<string, Texts> {
  return new Map(
    parts.map((part) => {
      const end = part.indexOf("=");
      return end < 0 ? [part, ""] : [part.slice(0, end), part.slice(end + 1)];
    }),
  );
}
