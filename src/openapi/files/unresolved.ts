import { type Json, type JsonObject, objectAt, textAt } from "../json.ts";

/** In a document of several files: the references that nobody could follow, and why. It is of the gateway, and not published. */
export const UNRESOLVED = "x-gateway-unresolved";
/** Of one document. */
const MOST = 100;

/** With what its references lead nowhere for; only so many are told. */
export function withUnresolved(document: JsonObject, reasons: ReadonlyMap<string, string>): JsonObject {
  const { [UNRESOLVED]: _, ...own } = document;
  return reasons.size === 0 ? own : { ...own, [UNRESOLVED]: Object.fromEntries([...reasons].slice(0, MOST)) };
}

/** Why nobody could follow that reference; undefined if nobody has tried. */
export function unresolvedReason(document: Json, ref: string): string | undefined {
  return textAt(objectAt(document, UNRESOLVED), ref);
}
