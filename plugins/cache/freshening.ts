import type { Reply } from "../../src/plugin.ts";
import { answerFrom } from "./answer.ts";
import type { Entry } from "./entry.ts";
import type { Landing } from "./landing.ts";
import type { Quest } from "./quest.ts";
import type { RouteParts } from "./route-parts.ts";
import { forwardStatus } from "./rules/cache-status.ts";
import { isWeak } from "./rules/etag.ts";
import { allowsAuthorized } from "./rules/storable.ts";
import { type AskedAt, isAuthorized, put } from "./storing.ts";
import { freshened, updatedByHead } from "./validation.ts";

/**
 * The service says by a 304 that what is stored has not changed (RFC 9111 §4.3.3). Undefined if it speaks of another response: that
 * one is to be asked for without a condition (§4.3.4).
 */
export function confirmed(
  quest: Quest,
  entry: Entry,
  reply: Reply,
  at: AskedAt,
  parts: RouteParts,
  landing: Landing,
): Reply | undefined {
  reply.discard();
  const { memory } = parts.shared;
  const renewed = freshened(entry, reply, at, parts.policy);
  if (renewed === undefined) {
    memory.remove(quest.url, entry);
    return undefined;
  }
  if (mayKeep(quest, renewed, parts)) {
    put(quest.url, renewed, at.since, parts);
    freshenAlike(quest.url, renewed, reply, at, parts);
    landing.onOutcome(renewed);
    landing.flight?.land({ kind: "entry", entry: renewed });
  } else {
    landing.onOutcome(undefined);
    landing.flight?.land({ kind: "pass" });
  }
  parts.metrics.count("revalidated");
  const told = forwardStatus({ forward: quest.forward, forwardStatus: 304 });
  return answerFrom(renewed, quest.asked, "GET", at.responseMs, told);
}

/** A strong tag that is confirmed is so for all variants that have it (RFC 9111 §4.3.4). */
function freshenAlike(url: string, confirmed: Entry, reply: Reply, at: AskedAt, parts: RouteParts): void {
  const { stored } = confirmed;
  const { etag } = stored.validators;
  if (etag === undefined || isWeak(etag)) return;
  for (const other of parts.shared.memory.get(url) ?? []) {
    const { selection, validators } = other.stored;
    const isAlike = validators.etag === etag && selection.owner === stored.selection.owner;
    if (!isAlike || selection.own !== stored.selection.own || other === confirmed) continue;
    const renewed = freshened(other, reply, at, parts.policy);
    if (renewed !== undefined) put(url, renewed, at.since, parts);
  }
}

/** Whether what a 304 says to this client is for others as well, as what was stored is (RFC 9111 §3, §3.5). */
function mayKeep({ ctx, asked }: Quest, { stored }: Entry, parts: RouteParts): boolean {
  if (asked.directives.noStore) return false;
  return !isAuthorized(ctx, parts) || allowsAuthorized(stored.terms.directives);
}

/**
 * The reply to a HEAD says what is stored is still like it, or is not (RFC 9111 §4.3.5). Answers with what is stored, with the newer
 * fields; undefined if it is not to be, or if the service has another response by now.
 */
export function updateByHead(
  quest: Quest,
  entry: Entry,
  reply: Reply,
  at: AskedAt,
  parts: RouteParts,
): Entry | undefined {
  if (quest.asked.directives.noStore) return undefined;
  const renewed = updatedByHead(entry, reply.headers, at, parts.policy);
  if (renewed === undefined) {
    entry.isInvalid = true;
    // What gateways share has no such mark.
    if (parts.tier !== undefined) void parts.shared.purging.invalidate({ kind: "key", key: quest.url });
    return undefined;
  }
  if (!mayKeep(quest, renewed, parts)) return undefined;
  put(quest.url, renewed, at.since, parts);
  return renewed;
}
