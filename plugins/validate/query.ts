import { GatewayError } from "../../src/plugin.ts";

/** The values of a query's or form's fields by name, in their order; names are decoded, values are as they came. */
export type RawFields = ReadonlyMap<string, readonly string[]>;

/** Fields of one message, at most. */
const MOST_FIELDS = 10_000;
const NO_FIELDS: RawFields = new Map();

/** Fields as `application/x-www-form-urlencoded` has them. Throws `bad_request` for a malformed escape. */
export function parseFields(text: string | undefined): RawFields {
  if (text === undefined || text === "") return NO_FIELDS;
  const pairs = text.split("&");
  if (pairs.length > MOST_FIELDS) throw new GatewayError("bad_request", { detail: "There are too many fields" });
  const fields = new Map<string, string[]>();
  for (const pair of pairs) {
    if (pair === "") continue;
    const end = pair.indexOf("=");
    const name = decodeField(end < 0 ? pair : pair.slice(0, end));
    const value = end < 0 ? "" : pair.slice(end + 1);
    const known = fields.get(name);
    if (known === undefined) fields.set(name, [value]);
    else known.push(value);
  }
  return fields;
}

/** A name or value of a query or form: `+` is a space. */
export function decodeField(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  return decodePercent(text.replaceAll("+", " "));
}

/** Throws `bad_request` for a malformed escape, and for one that is not UTF-8. */
export function decodePercent(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new GatewayError("bad_request", { detail: "An escape with a percent sign is malformed" });
  }
}
