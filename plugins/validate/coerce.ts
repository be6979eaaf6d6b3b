import type { SchemaCheck } from "./schemas.ts";
import type { Shape } from "./shape.ts";

/** A value that was no text, such as JSON in a part of a form. */
export class Typed {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Texts as they came, in lists and under names. */
export type Texts = string | Typed | readonly Texts[] | ReadonlyMap<string, Texts>;

/** A number of JSON (RFC 8259 §6). */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LONGEST_NUMBER = 400;

/** The value that texts stand for. Where a text may be a number as well, that is tried first, and then the text. */
export function checkTexts(texts: Texts, shape: Shape, check: SchemaCheck, size: number) {
  const faults = check(valueFrom(texts, shape, false), size);
  if (faults === undefined || !shape.isAmbiguous) return faults;
  return check(valueFrom(texts, shape, true), size) === undefined ? undefined : faults;
}

function valueFrom(texts: Texts, shape: Shape | undefined, asText: boolean): unknown {
  if (typeof texts === "string") return scalarOf(texts, shape, asText);
  if (texts instanceof Typed) return texts.value;
  if (isNamed(texts)) {
    // Without a prototype: a client may name anything.
    const value: Record<string, unknown> = Object.create(null);
    for (const [name, inner] of texts) {
      value[name] = valueFrom(inner, shape?.properties.get(name) ?? shape?.rest, asText);
    }
    return value;
  }
  return texts.map((inner) => valueFrom(inner, shape?.items, asText));
}

function isNamed(texts: Exclude<Texts, string | Typed>): texts is ReadonlyMap<string, Texts> {
  return texts instanceof Map;
}

function scalarOf(text: string, shape: Shape | undefined, asText: boolean): unknown {
  if (shape === undefined || shape.types.size === 0) return text;
  const { types } = shape;
  if (asText && types.has("string")) return text;
  if (types.has("number") && text.length <= LONGEST_NUMBER && NUMBER.test(text)) return Number(text);
  if (types.has("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.has("null") && (text === "" || text === "null")) return null;
  return text;
}
