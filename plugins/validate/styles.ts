import type { Texts } from "./coerce.ts";
import { decodeField, decodePercent, type RawFields } from "./query.ts";
import type { Shape } from "./shape.ts";

/** How the value of a parameter is written (OpenAPI 3.1 §4.8.12.4). */
export interface Style {
  readonly style: string;
  readonly explode: boolean;
}

/** The texts of a parameter. */
export interface Found {
  readonly texts: Texts;
}
export const REPEATED = Symbol("given more than once");

const DELIMITERS: Readonly<Record<string, RegExp>> = {
  form: /,/,
  spaceDelimited: /%20|\+| /,
  pipeDelimited: /\||%7[cC]/,
};

/** A parameter in the query, or a field of a form. `names` are those of its properties, which exploded objects are spread over. */
export function readField(
  fields: RawFields,
  name: string,
  { style, explode }: Style,
  shape: Shape,
): Found | typeof REPEATED | undefined {
  if (style === "deepObject") return readDeep(fields, name);
  const { types, properties } = shape;
  if (types.has("object") && explode && !types.has("string")) {
    const found = new Map<string, Texts>();
    for (const [property, inner] of properties) {
      const values = fields.get(property);
      if (values !== undefined) found.set(property, oneOrMany(values, inner));
    }
    return found.size === 0 ? undefined : { texts: found };
  }
  const values = fields.get(name);
  if (values === undefined) return undefined;
  const isList = types.has("array");
  if (isList && explode && (values.length > 1 || types.size === 1)) return { texts: values.map(decodeField) };
  const [value = ""] = values;
  if (values.length > 1) return REPEATED;
  if (!explode && (isList || types.has("object"))) {
    const parts = value === "" ? [] : value.split(DELIMITERS[style] ?? ",").map(decodeField);
    return { texts: isList ? parts : pairsOf(parts) };
  }
  return { texts: decodeField(value) };
}

function oneOrMany(values: readonly string[], shape: Shape): Texts {
  const decoded = values.map(decodeField);
  return decoded.length === 1 && !shape.types.has("array") ? (decoded[0] ?? "") : decoded;
}

/** `filter[name]=x`, one level deep; what is deeper is a name like any other. */
function readDeep(fields: RawFields, name: string): Found | undefined {
  const found = new Map<string, Texts>();
  for (const [key, values] of fields) {
    if (!key.startsWith(`${name}[`) || !key.endsWith("]")) continue;
    const [property = "", rest = ""] = key.slice(name.length + 1, -1).split("][");
    const decoded = values.map(decodeField);
    found.set(property, decoded.length === 1 && rest === "" && !key.endsWith("[]") ? (decoded[0] ?? "") : decoded);
  }
  return found.size === 0 ? undefined : { texts: found };
}

/** `a,1,b,2`. */
function pairsOf(parts: readonly string[]): ReadonlyMap<string, Texts> {
  const pairs = new Map<string, Texts>();
  for (let i = 0; i < parts.length; i += 2) pairs.set(parts[i] ?? "", parts[i + 1] ?? "");
  return pairs;
}

/** The style `simple`, of paths and headers; `isEscaped` in paths. */
export function readSimple(text: string, { explode }: Style, { types }: Shape, isEscaped: boolean): Texts {
  const decode = (part: string) => (isEscaped ? decodePercent(part) : part.trim());
  if (types.has("array")) return text === "" ? [] : text.split(",").map(decode);
  if (!types.has("object") || types.has("string")) return decode(text);
  const parts = text.split(",");
  if (!explode) return pairsOf(parts.map(decode));
  return new Map(
    parts.map((part) => {
      const end = part.indexOf("=");
      return end < 0 ? [decode(part), ""] : [decode(part.slice(0, end)), decode(part.slice(end + 1))];
    }),
  );
}
