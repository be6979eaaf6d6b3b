import { type HeaderList, isObject, type JsonObject, objectAt, type Source, textAt } from "../../src/plugin.ts";
import { type BodyTypes, compileBodies } from "./bodies.ts";
import { checkFound } from "./coerce.ts";
import type { Fault } from "./faults.ts";
import type { Schemas } from "./schemas.ts";
import { shapeOf } from "./shape.ts";
import { readSimple } from "./styles.ts";

/** What the document says of the replies with one status. */
export interface ReplyDescription {
  readonly bodies: BodyTypes;
  /** What is wrong with the headers of a reply; undefined if nothing is. */
  checkHeaders(headers: HeaderList): readonly Fault[] | undefined;
}

/** What the document says of replies with that status; undefined if it does not know of any. */
export type Replies = (status: number) => ReplyDescription | undefined;

export function compileReplies(
  responses: JsonObject | undefined,
  source: Source,
  schemas: Schemas,
  operation: string,
): Replies {
  const known = new Map<string, ReplyDescription>();
  for (const [key, written] of Object.entries(responses ?? {})) {
    const reply = source.resolve(written, "response");
    const place = `${operation} ${key}`;
    const ref = textAt(written, "$ref");
    if (reply !== undefined) known.set(key.toUpperCase(), describe(reply, source, schemas, place));
    else if (ref !== undefined) known.set(key.toUpperCase(), unknownReply(ref, schemas, place));
  }
  return (status) => known.get(String(status)) ?? known.get(`${Math.floor(status / 100)}XX`) ?? known.get("DEFAULT");
}

/** A status that is documented, with what cannot be found. */
function unknownReply(ref: string, schemas: Schemas, place: string): ReplyDescription {
  return {
    bodies: { written: "", types: [] },
    checkHeaders: () => {
      schemas.tellBroken([ref], `the reply of ${place}`);
      return undefined;
    },
  };
}

function describe(reply: JsonObject, source: Source, schemas: Schemas, place: string): ReplyDescription {
  const headers = Object.entries(objectAt(reply, "headers") ?? {}).flatMap(([name, written]) => {
    // What leads nowhere does so as a schema too, and that is told.
    const header = source.resolve(written, "header") ?? (isObject(written) ? { schema: written } : undefined);
    // The type is that of the content, whatever a document says (OpenAPI 3.1 §4.8.17).
    if (!isObject(header) || name.toLowerCase() === "content-type") return [];
    const schema = header.schema ?? true;
    const check = schemas.check(schema, `the header ${name} of ${place}`);
    const shape = shapeOf(schema, source);
    return [
      {
        name: name.toLowerCase(),
        isRequired: header.required === true,
        explode: header.explode === true,
        shape,
        check,
      },
    ];
  });
  return {
    bodies: compileBodies(reply, source, schemas, place),
    checkHeaders(list) {
      const faults: Fault[] = [];
      for (const { name, isRequired, explode, shape, check } of headers) {
        const lines = list.getAll(name);
        if (lines.length === 0) {
          if (isRequired) faults.push({ pointer: name, detail: "this header is required" });
          continue;
        }
        const found = readSimple(lines.join(","), { explode }, shape, false);
        for (const { detail } of checkFound(found, shape, check, 0) ?? []) faults.push({ pointer: name, detail });
      }
      return faults.length === 0 ? undefined : faults;
    },
  };
}
