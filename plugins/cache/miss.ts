import type { Reply } from "../../src/plugin.ts";
import { notModified } from "./answer.ts";
import type { Landing } from "./landing.ts";
import { flightKey, isValidating, type Quest } from "./quest.ts";
import type { RouteParts } from "./route-parts.ts";
import { forwardStatus } from "./rules/cache-status.ts";
import { isNotModified } from "./rules/preconditions.ts";
import type { AskedBy } from "./rules/storable.ts";
import { type AskedAt, failureLanded, isAuthorized, keep, partHead, storedHead } from "./storing.ts";

/** The reply as it came, which is not stored. */
export function passed({ forward }: Quest, reply: Reply, { metrics }: RouteParts, detail: string | undefined): Reply {
  metrics.count(forward === "stale" ? "expired" : "miss");
  reply.headers.append("cache-status", forwardStatus({ forward, ...(detail === undefined ? {} : { detail }) }));
  return reply;
}

/** Stores the reply if it may be, and passes it on. */
export function stored(quest: Quest, reply: Reply, at: AskedAt, parts: RouteParts, landing: Landing): Reply {
  const { ctx, asked, url, forward } = quest;
  const askedBy = { noStore: asked.directives.noStore, hasAuthorization: isAuthorized(ctx, parts) };
  if (reply.status === 206 && asked.range !== undefined) return partStored(quest, reply, at, askedBy, parts, landing);
  const head = storedHead(ctx, quest, askedBy, reply, at, parts);
  const { passes, memory } = parts.shared;
  if (typeof head === "string") {
    const isForOthers = head === "request-no-store";
    const failure = failureLanded(ctx, quest, askedBy, reply, at, head);
    // A failure is for all who wait, and says nothing of the replies after it.
    if (!isForOthers && failure === undefined) passes.add(flightKey(quest, memory), at.responseMs);
    landing.onOutcome(isForOthers ? undefined : "refused");
    landing.flight?.land(failure ?? { kind: "pass" });
    return passed(quest, reply, parts, head);
  }
  parts.metrics.count(forward === "stale" ? "expired" : "miss");
  reply.headers.append("cache-status", forwardStatus({ forward, isStored: true }));
  const kept = keep(url, head, reply, parts, (outcome) => {
    if (outcome === "refused") passes.add(flightKey(quest, memory), parts.now());
    landing.onOutcome(outcome);
    landing.flight?.end();
  });
  landing.flight?.land(kept);
  // The service was asked by the stored validators, so the client's own are still to be judged.
  const isKnown =
    isValidating(quest) && isGood(reply.status) && isNotModified(asked, head.stored.validators, at.responseMs);
  if (!isKnown) return reply;
  reply.discard();
  return notModified(reply);
}

/** The same for a part, which is kept in memory alone, and only where the whole is not. */
function partStored(
  quest: Quest,
  reply: Reply,
  at: AskedAt,
  askedBy: AskedBy,
  parts: RouteParts,
  landing: Landing,
): Reply {
  landing.onOutcome(undefined);
  const isWanted = parts.keepsInMemory && quest.entry === undefined;
  const head = isWanted ? partHead(quest.ctx, quest, askedBy, reply, at, parts) : "status";
  if (typeof head === "string") return passed(quest, reply, parts, head);
  parts.metrics.count(quest.forward === "stale" ? "expired" : "miss");
  reply.headers.append("cache-status", forwardStatus({ forward: quest.forward, isStored: true }));
  keep(quest.url, head, reply, parts, () => {});
  return reply;
}

function isGood(status: number): boolean {
  return status >= 200 && status <= 299;
}
