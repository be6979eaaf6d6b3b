import { Breathing } from "../../config/breathing.ts";
import { type Draft, isObject, type Json, type JsonObject } from "../json.ts";

/** Of JSON, in UTF-16 units: it is parsed in a millisecond or so, unless one path or component alone is longer. */
const LONGEST_LINE = 131_072;
const LINE_END = 0x0a;

/** A value, and the keys under which it stands in the document. */
type Piece = readonly [keys: readonly string[], value: Json];

/** A document in lines of JSON, each of them pieces that are short enough to be read in one turn of the event loop. */
export function piecesOf(document: JsonObject): Uint8Array {
  const lines: string[] = [];
  let line: string[] = [];
  let length = 0;
  const end = () => {
    if (line.length > 0) lines.push(`[${line.join(",")}]\n`);
    line = [];
    length = 0;
  };
  for (const piece of partsOf(document)) {
    const text = JSON.stringify(piece);
    if (length + text.length > LONGEST_LINE) end();
    line.push(text);
    length += text.length;
  }
  end();
  return new TextEncoder().encode(lines.join(""));
}

/** Paths and components one by one, and all else as it is. */
function* partsOf(document: JsonObject): Generator<Piece> {
  for (const [key, value] of Object.entries(document)) {
    if (key === "components" && isObject(value)) {
      for (const [section, inner] of Object.entries(value)) yield* entriesOf([key, section], inner);
    } else if (key === "paths") yield* entriesOf([key], value);
    else yield [[key], value];
  }
}

function* entriesOf(keys: readonly string[], value: Json): Generator<Piece> {
  if (!isObject(value)) return yield [keys, value];
  yield [keys, {}];
  for (const [name, inner] of Object.entries(value)) yield [[...keys, name], inner];
}

/** The document again. Between lines all else of the process has its turn. */
export async function joined(bytes: Uint8Array): Promise<JsonObject> {
  const document: Draft = {};
  const decoder = new TextDecoder();
  const breathing = new Breathing();
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LINE_END, start);
    for (const [keys, value] of JSON.parse(decoder.decode(bytes.subarray(start, end))) as Piece[]) {
      put(document, keys, value);
    }
    start = end + 1;
    await breathing.step();
  }
  return document;
}

/** What is above it is there already, and nobody else's. */
function put(draft: Draft, [key = "", ...rest]: readonly string[], value: Json): void {
  if (rest.length === 0) draft[key] = value;
  else {
    draft[key] ??= {};
    put(draft[key] as Draft, rest, value);
  }
}
