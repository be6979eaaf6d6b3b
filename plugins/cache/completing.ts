import type { HeaderList, Reply } from "../../src/plugin.ts";
import { answerFrom } from "./answer.ts";
import { type Asked, isForAll } from "./asked.ts";
import { Entry } from "./entry.ts";
import type { Incomplete } from "./incomplete.ts";
import { joined } from "./joining.ts";
import type { Landing } from "./landing.ts";
import type { Quest } from "./quest.ts";
import type { RouteParts } from "./route-parts.ts";
import { forwardStatus } from "./rules/cache-status.ts";
import { type AskedAt, isAuthorized, partHead, put } from "./storing.ts";

/**
 * What of a part is to be asked for, if one range has all that it lacks, and who asks wants the whole, which may be stored. Where more
 * is missing than there is, the whole is there sooner: it is passed on as it comes.
 */
export function incompleteOf(part: Entry, asked: Asked, method: string, limit: number): Incomplete | undefined {
  const place = part.stored.part;
  if (place === undefined || method !== "GET" || !isForAll(asked) || place.length > limit) return undefined;
  if (place.length > 2 * part.length) return undefined;
  const end = place.start + part.length;
  if (place.start === 0) return { part, missing: { start: end, end: place.length } };
  return end === place.length ? { part, missing: { start: 0, end: place.start } } : undefined;
}

/** The service's answer to who asks for what a part lacks, unless it is of another content by now (RFC 9110 §13.1.5). */
export async function sentForMissing({ ctx, next }: Quest, { part, missing }: Incomplete): Promise<Reply> {
  const { headers } = ctx.request;
  headers.set("range", `bytes=${missing.start}-${missing.end - 1}`);
  headers.set("if-range", part.stored.validators.etag ?? "");
  try {
    return await next(ctx);
  } finally {
    takeBack(headers);
  }
}

function takeBack(headers: HeaderList): void {
  headers.delete("range");
  headers.delete("if-range");
}

/**
 * The answer with the whole response, of a stored part and a reply with what it lacks, which is stored (RFC 9111 §3.4). Undefined if they
 * are not of one content, or there is no room: the reply is given up then. Rejects if it breaks off.
 */
export async function answerWithWhole(
  quest: Quest,
  incomplete: Incomplete,
  reply: Reply,
  at: AskedAt,
  parts: RouteParts,
  landing: Landing,
): Promise<Reply | undefined> {
  const whole = await wholeOf(quest, incomplete, reply, at, parts);
  if (whole === undefined) {
    reply.discard();
    return undefined;
  }
  put(quest.url, whole, at.since, parts);
  landing.onOutcome(whole);
  landing.flight?.land({ kind: "entry", entry: whole });
  parts.metrics.count("miss");
  const told = forwardStatus({ forward: quest.forward, forwardStatus: reply.status, isStored: true });
  return answerFrom(whole, quest.asked, "GET", at.responseMs, told);
}

async function wholeOf(
  quest: Quest,
  { part, missing }: Incomplete,
  reply: Reply,
  at: AskedAt,
  parts: RouteParts,
): Promise<Entry | undefined> {
  if (reply.status !== 206) return undefined;
  const asked = { noStore: false, hasAuthorization: isAuthorized(quest.ctx, parts) };
  const head = partHead(quest.ctx, quest, asked, reply, at, parts);
  if (typeof head === "string") return undefined;
  const bytes = missing.end - missing.start;
  const { stored } = head;
  const isMissing = stored.part?.start === missing.start && reply.body.length === bytes;
  const { memory } = parts.shared;
  if (!isMissing || stored.validators.etag !== part.stored.validators.etag || !memory.borrow(bytes)) return undefined;
  try {
    const content = await reply.body.bytes(bytes);
    const whole = joined(Entry.of(stored, head.headers, [content], bytes), part, parts.maxObject);
    return whole?.stored.part === undefined ? whole : undefined;
  } finally {
    memory.giveBack(bytes);
  }
}
