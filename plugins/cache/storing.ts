import { Body, type Context, type HeaderList, PreparedFields, type Reply } from "../../src/plugin.ts";
import { Entry, type Stored } from "./entry.ts";
import { Fill } from "./fill.ts";
import type { ComingContent, Landed } from "./flights.ts";
import { joined } from "./joining.ts";
import { ownText } from "./own-text.ts";
import type { Place } from "./place.ts";
import type { RouteParts } from "./route-parts.ts";
import { parseContentRange } from "./rules/content-range.ts";
import type { ReceivedAt } from "./rules/freshness.ts";
import { httpDate } from "./rules/http-date.ts";
import { responseDirectives } from "./rules/response-directives.ts";
import { type AskedBy, type Refusal, storageTerms, type Terms } from "./rules/storable.ts";
import { storedFields } from "./rules/stored-fields.ts";
import { varyKey, varyNames } from "./rules/vary.ts";
import { tagsOf } from "./tags.ts";
import { validatorsOf } from "./validation.ts";

/** What came of a request to the service: a response, "refused" if there is nothing to store, undefined if it has failed. */
export type Outcome = Entry | "refused" | undefined;

/** When a response was asked for and came, and how many purges there had been when it was asked for. */
export interface AskedAt extends ReceivedAt {
  readonly since: number;
}

/** A response's head as it is stored. */
export interface Head {
  /** Purges that had come when it was asked for. */
  readonly since: number;
  readonly stored: Stored;
  readonly headers: HeaderList;
}

/** The head of a response as it is stored, or why it is not. */
export function storedHead(
  ctx: Context,
  place: Place,
  asked: AskedBy,
  reply: Reply,
  at: AskedAt,
  { policy, maxObject }: RouteParts,
): Head | Refusal {
  const terms = storageTerms(asked, reply, at, policy);
  if (typeof terms === "string") return terms;
  if ((reply.body.length ?? 0) > maxObject) return "too-large";
  return headOf(ctx, place, asked, reply, at, terms);
}

/**
 * The head of a part as it is stored, on the terms of its whole, or why it is not (RFC 9111 §3.3): while it is fresh, if its bytes
 * are as many as it says, and a strong tag says what it is a part of.
 */
export function partHead(
  ctx: Context,
  place: Place,
  asked: AskedBy,
  reply: Reply,
  at: AskedAt,
  { policy, maxObject }: RouteParts,
): Head | Refusal {
  const { headers, body } = reply;
  const terms = storageTerms(asked, { status: 200, headers }, at, policy);
  if (typeof terms === "string") return terms;
  if (terms.lifetimeMs <= terms.initialAgeMs) return "no-freshness";
  const range = parseContentRange(headers.get("content-range"));
  const etag = headers.get("etag");
  const isPart = range !== undefined && body.length === range.end - range.start;
  if (!isPart || etag?.startsWith('"') !== true) return "status";
  if (range.end - range.start > maxObject) return "too-large";
  const head = headOf(ctx, place, asked, reply, at, terms);
  head.headers.delete("content-range");
  return { ...head, stored: { ...head.stored, part: { start: range.start, length: range.length } } };
}

/**
 * Whether the response may be meant for who asked alone (RFC 9111 §3.5): there are credentials in the request, wherever a plugin
 * has found them, and what is stored is not kept for each principal by itself.
 */
export function isAuthorized({ request, principal }: Context, { policy }: RouteParts): boolean {
  if (principal !== undefined) return !policy.isKeyedByPrincipal;
  return request.headers.has("authorization");
}

function headOf(ctx: Context, { owner, own }: Place, asked: AskedBy, reply: Reply, at: AskedAt, terms: Terms): Head {
  const headers = storedFields(reply.headers, terms.directives.withheld);
  if (!headers.has("date")) headers.set("date", httpDate(at.responseMs));
  const stored: Stored = {
    selection: { owner, own, varyKey: ownText(varyKey(terms.vary, ctx.request.headers)) },
    terms,
    status: reply.status,
    reason: reply.reason === undefined ? undefined : ownText(reply.reason),
    validators: validatorsOf(headers, at.responseMs),
    tags: tagsOf(reply.headers),
    isAuthorized: asked.hasAuthorization,
    receivedMs: at.responseMs,
  };
  return { since: at.since, stored, headers };
}

/** RFC 5861 §4. */
export function isFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}

/**
 * A failure that says nothing of who may see it, for those who wait already: so that they do not all ask a service that fails. It is
 * not stored.
 */
export function failureLanded(
  ctx: Context,
  place: Place,
  asked: AskedBy,
  reply: Reply,
  at: AskedAt,
  refusal: Refusal,
): Landed | undefined {
  if (!isFailure(reply.status) || asked.hasAuthorization || !reply.body.isInMemory) return undefined;
  if (refusal !== "status" && refusal !== "no-freshness") return undefined;
  const directives = responseDirectives(reply.headers);
  const vary = varyNames(reply.headers);
  if (vary === undefined) return undefined;
  const terms = { lifetimeMs: 0, initialAgeMs: 0, directives, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, vary };
  const { stored, headers } = headOf(ctx, place, asked, reply, at, terms);
  return { kind: "failure", entry: Entry.whole(stored, headers, reply.body) };
}

/** Stores a response: at once if its content is there, else as it comes, and the reply goes on with what comes. */
export function keep(
  url: string,
  head: Head,
  reply: Reply,
  parts: RouteParts,
  onOutcome: (outcome: Outcome) => void,
): Extract<Landed, { kind: "entry" | "fill" }> {
  if (!reply.body.isInMemory) return keepAsItComes(url, head, reply, parts, onOutcome);
  const entry = Entry.whole(head.stored, head.headers, reply.body);
  put(url, entry, head.since, parts);
  onOutcome(entry);
  return { kind: "entry", entry };
}

/** Puts a response, or a part of one, into memory, unless a purge has come since it was asked for. */
export function put(url: string, entry: Entry, since: number, { shared, keepsInMemory, maxObject }: RouteParts): void {
  if (!keepsInMemory || shared.purges.hasSince(since, url, entry.stored.tags)) return;
  const { memory } = shared;
  const kept = entry.stored.part === undefined ? entry : joined(entry, memory.peekSame(url, entry), maxObject);
  if (kept !== undefined) memory.put(url, kept);
}

function keepAsItComes(
  url: string,
  { stored, headers, since }: Head,
  reply: Reply,
  parts: RouteParts,
  onOutcome: (outcome: Outcome) => void,
): ComingContent {
  const { memory } = parts.shared;
  const fill = new Fill(reply.body.take(), parts.maxObject, {
    borrow: (bytes) => memory.borrow(bytes),
    giveBack: (bytes) => memory.giveBack(bytes),
    onComplete: (chunks, length) => {
      const entry = Entry.of(stored, headers, chunks, length);
      put(url, entry, since, parts);
      onOutcome(entry);
    },
    onAbandon: (isBroken) => onOutcome(isBroken ? undefined : "refused"),
  });
  const reader = fill.open();
  if (reader !== undefined) reply.body = Body.from(reader, "service");
  fill.start();
  return { kind: "fill", stored, headers: PreparedFields.of(headers), fill };
}
