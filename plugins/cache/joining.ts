import { Entry } from "./entry.ts";
import { updatedFields } from "./rules/stored-fields.ts";

/**
 * What is stored when a part has come: the part; both in one, if the same content's bytes before or behind it are there (RFC 9111
 * §3.4); the whole response, if no byte is missing. Undefined if the whole is there already. More than `limit` bytes are not joined.
 */
export function joined(entry: Entry, known: Entry | undefined, limit: number): Entry | undefined {
  if (known === undefined) return wholeIfComplete(entry);
  if (known.stored.part === undefined) return undefined;
  return wholeIfComplete(combined(entry, known, limit) ?? entry);
}

/** The bytes of both, with the fields of the newer in the place of those of the older. */
function combined(newer: Entry, older: Entry, limit: number): Entry | undefined {
  const [a, b] = [newer.stored, older.stored];
  if (a.part === undefined || b.part === undefined || a.part.length !== b.part.length) return undefined;
  // Only parts with a strong tag are stored.
  if (a.validators.etag !== b.validators.etag) return undefined;
  const [start, end] = [a.part.start, a.part.start + newer.length];
  const [olderStart, olderEnd] = [b.part.start, b.part.start + older.length];
  if (olderStart > end || start > olderEnd) return undefined;
  const length = Math.max(end, olderEnd) - Math.min(start, olderStart);
  const [bytes, olderBytes] = [newer.body.inMemory, older.body.inMemory];
  if (length > limit || bytes === undefined || olderBytes === undefined) return undefined;
  const before = olderBytes.subarray(0, Math.max(0, start - olderStart));
  const behind = olderBytes.subarray(Math.min(older.length, Math.max(0, end - olderStart)));
  const headers = updatedFields(older.headerList, newer.headerList, a.terms.directives.withheld);
  const part = { start: Math.min(start, olderStart), length: a.part.length };
  return Entry.of({ ...a, part }, headers, [before, bytes, behind], length);
}

/** All bytes are a response of their own, as if they had been asked for without Range (RFC 9111 §3.3). */
function wholeIfComplete(entry: Entry): Entry {
  const { part, ...stored } = entry.stored;
  if (part === undefined || entry.length !== part.length) return entry;
  return entry.with({ ...stored, status: 200, reason: undefined }, entry.headerList);
}
