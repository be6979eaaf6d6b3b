import type { SchemaCheck } from "./schemas.ts";
import type { Shape } from "./shape.ts";
import type { Found } from "./styles.ts";

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
  const reading = { asText: false, isAmbiguous: false };
  const faults = check(valueFrom(texts, shape, reading), size);
  if (faults === undefined || !reading.isAmbiguous) return faults;
  const again = { asText: true, isAmbiguous: false };
  return check(valueFrom(texts, shape, again), size) === undefined ? undefined : faults;
}

/** The same of a list that may be read in two ways. */
export function checkFound({ texts, decodedFirst }: Found, shape: Shape, check: SchemaCheck, size: number) {
  const faults = checkTexts(texts, shape, check, size);
  if (faults === undefined || decodedFirst === undefined) return faults;
  return checkTexts(decodedFirst, shape, check, size) === undefined ? undefined : faults;
}

interface Reading {
  /** Take for a text whatever may be one. */
  readonly asText: boolean;
  /** Whether a text was taken for something else, and may be a text. */
  isAmbiguous: boolean;
}

function valueFrom(texts: Texts, shape: Shape | undefined, reading: Reading): unknown {
  if (typeof texts === "string") return scalarOf(texts, shape, reading);
  if (texts instanceof Typed) return texts.value;
  if (isNamed(texts)) {
    // Without a prototype: a client may name anything.
    const value: Record<string, unknown> = Object.create(null);
    for (const [name, inner] of texts) {
      value[name] = valueFrom(inner, shape?.properties.get(name) ?? shape?.rest, reading);
    }
    return value;
  }
  const items = shape?.items;
  return texts.map((inner) => valueFrom(inner, items, reading));
}

function isNamed(texts: Exclude<Texts, string | Typed>): texts is ReadonlyMap<string, Texts> {
  return texts instanceof Map;
}

function scalarOf(text: string, shape: Shape | undefined, reading: Reading): unknown {
  if (shape === undefined || shape.types.size === 0) return text;
  const { types } = shape;
  if (types.has("string")) {
    if (reading.asText || types.size === 1) return text;
    reading.isAmbiguous = true;
  }
  if (types.has("number") && text.length <= LONGEST_NUMBER && NUMBER.test(text)) return Number(text);
  if (types.has("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.has("null") && (text === "" || text === "null")) return null;
  return text;
}
