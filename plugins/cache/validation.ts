import { HeaderList, type Reply } from "../../src/plugin.ts";
import type { Entry, Stored } from "./entry.ts";
import { ownText } from "./own-text.ts";
import { isWeak } from "./rules/etag.ts";
import type { ReceivedAt } from "./rules/freshness.ts";
import { httpDate, parseHttpDate } from "./rules/http-date.ts";
import type { RulesPolicy } from "./rules/policy.ts";
import type { Validators } from "./rules/preconditions.ts";
import { responseDirectives } from "./rules/response-directives.ts";
import { storageTerms } from "./rules/storable.ts";
import { updatedFields } from "./rules/stored-fields.ts";

/** Puts the stored response's validators in the place of the client's; the function takes them back (RFC 9111 §4.3.1). */
export function askWhetherModified(headers: HeaderList, { etag, lastModified }: Validators): () => void {
  const ifNoneMatch = headers.get("if-none-match");
  const ifModifiedSince = headers.get("if-modified-since");
  replace(headers, "if-none-match", etag);
  replace(headers, "if-modified-since", lastModified);
  return () => {
    replace(headers, "if-none-match", ifNoneMatch);
    replace(headers, "if-modified-since", ifModifiedSince);
  };
}

function replace(headers: HeaderList, name: string, value: string | undefined): void {
  if (value !== undefined) headers.set(name, value);
  else if (headers.has(name)) headers.delete(name);
}

export function hasValidator({ etag, lastModified }: Validators): boolean {
  return etag !== undefined || lastModified !== undefined;
}

/** What a response can be compared by. */
export function validatorsOf(headers: HeaderList, receivedMs: number): Validators {
  return {
    etag: ownField(headers, "etag"),
    lastModified: ownField(headers, "last-modified"),
    dateMs: parseHttpDate(headers.get("date"), receivedMs) ?? receivedMs,
  };
}

function ownField(headers: HeaderList, name: string): string | undefined {
  const text = headers.get(name);
  return text === undefined ? undefined : ownText(text);
}

/**
 * The stored response as a 304 has confirmed it, with the fields of the 304 (RFC 9111 §4.3.4). Undefined if the 304 speaks of
 * another response, by a strong tag or by its date.
 */
export function freshened(entry: Entry, reply: Reply, at: ReceivedAt, policy: RulesPolicy): Entry | undefined {
  return isConfirmed(entry.stored.validators, reply.headers) ? updated(entry, reply.headers, at, policy) : undefined;
}

function isConfirmed(stored: Validators, headers: HeaderList): boolean {
  const tag = headers.get("etag");
  if (tag !== undefined && !isWeak(tag)) return stored.etag === tag || stored.etag === `W/${tag}`;
  const changed = headers.get("last-modified");
  return (
    tag !== undefined || changed === undefined || stored.lastModified === undefined || changed === stored.lastModified
  );
}

/**
 * What the answer to HEAD says of a stored response: it is the same, with newer fields; or another one is there by now, and it
 * must be asked for before the stored one is used again (RFC 9111 §4.3.5).
 */
export function updatedByHead(
  entry: Entry,
  headers: HeaderList,
  at: ReceivedAt,
  policy: RulesPolicy,
): Entry | undefined {
  const { etag, lastModified } = entry.stored.validators;
  const length = headers.get("content-length");
  const isSame =
    isAlike(headers.get("etag"), etag) &&
    isAlike(headers.get("last-modified"), lastModified) &&
    (length === undefined || Number(length) === entry.length);
  return isSame ? updated(entry, headers, at, policy) : undefined;
}

function isAlike(told: string | undefined, stored: string | undefined): boolean {
  return told === undefined || told === stored;
}

function updated(entry: Entry, newer: HeaderList, at: ReceivedAt, policy: RulesPolicy): Entry | undefined {
  const { stored } = entry;
  const dated = newer.copy();
  if (!dated.has("date")) dated.set("date", httpDate(at.responseMs));
  const { withheld } = responseDirectives(dated);
  const headers = updatedFields(new HeaderList(entry.headers), dated, withheld);
  const judged = headers.copy();
  const age = newer.get("age");
  if (age !== undefined) judged.set("age", age);
  const asked = { noStore: false, hasAuthorization: stored.isAuthorized };
  const terms = storageTerms(asked, { status: stored.status, headers: judged }, at, policy);
  if (typeof terms === "string") return undefined;
  const renewed: Stored = {
    ...stored,
    terms: { ...terms, vary: stored.terms.vary },
    validators: validatorsOf(headers, at.responseMs),
    receivedMs: at.responseMs,
  };
  return entry.with(renewed, headers);
}
