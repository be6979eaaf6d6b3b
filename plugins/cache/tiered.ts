import type { Lock, Reply } from "../../src/plugin.ts";
import { answerFrom } from "./answer.ts";
import type { Entry } from "./entry.ts";
import type { Flight } from "./flights.ts";
import type { Landing } from "./landing.ts";
import { flightKey, inBackground, isShareable, type Quest } from "./quest.ts";
import type { RouteParts } from "./route-parts.ts";
import { reuseOf } from "./rules/reuse.ts";
import type { Outcome } from "./storing.ts";
import type { Tier } from "./tier/tier.ts";

/** Asks the service, and tells what came of it. */
export type Asking = (quest: Quest, landing: Landing) => Promise<Reply>;

/**
 * Looks into the store that gateways share before the service is asked. Of all gateways one asks, and the others wait a while
 * for it and look again.
 */
export async function askTiered(
  quest: Quest,
  parts: RouteParts,
  flight: Flight | undefined,
  tier: Tier,
  ask: Asking,
): Promise<Reply> {
  const { ctx, url } = quest;
  const key = flightKey(quest, parts.shared.memory);
  const { since } = quest;
  const look = () => tier.find(quest, key, ctx.request.headers);
  const found = await look();
  const refresh = (entry: Entry) => refreshBeside({ ...quest, entry, forward: "stale" }, key, parts, tier, ask);
  const first = answerOf(found.entry, quest, parts, flight, refresh);
  if (first !== undefined) return first;
  const isAlone = found.isRefused || !isShareable(quest);
  const lock = isAlone ? undefined : await tier.lock(key, ctx.signal);
  let { entry } = found;
  if (lock !== undefined) {
    // Whoever had the lock before may have stored it.
    entry = (await look()).entry;
    const second = answerOf(entry, quest, parts, flight, refresh);
    if (second !== undefined) {
      void tier.release(lock);
      return second;
    }
  }
  const next = entry === undefined ? quest : { ...quest, entry, forward: "stale" as const };
  const settle = once((outcome: Outcome) => void settled(outcome, url, key, lock, since, parts, tier));
  try {
    return await ask(next, { flight, onOutcome: settle });
  } catch (error) {
    settle(undefined);
    throw error;
  }
}

/** Asks anew beside a stale answer, for those who come later (RFC 5861 §3): one such request at a time, here and at all gateways. */
function refreshBeside(quest: Quest, key: string, parts: RouteParts, tier: Tier, ask: Asking): void {
  const { refreshing } = parts.shared;
  if (refreshing.has(key) || quest.asked.directives.noStore) return;
  refreshing.add(key);
  askTiered(inBackground(quest), parts, undefined, tier, ask)
    .then((reply) => reply.discard())
    .catch((error: unknown) => {
      parts.log.warn("a stale reply could not be refreshed", { requestId: quest.ctx.requestId, error });
    })
    .finally(() => refreshing.delete(key));
}

/** The answer if what the store has may be it. */
function answerOf(
  entry: Entry | undefined,
  { ctx, asked, url, since, isRefresh }: Quest,
  parts: RouteParts,
  flight: Flight | undefined,
  refresh: (stale: Entry) => void,
): Reply | undefined {
  if (entry === undefined) return undefined;
  const { memory, purges, purging } = parts.shared;
  if (purges.hasSince(since, url, entry.stored.tags) || purging.isUntold(url, entry)) return undefined;
  const nowMs = parts.now();
  const reuse = reuseOf(entry.stored.terms, entry.ageAt(nowMs), asked.directives);
  const isToRefresh = reuse === "while-revalidate";
  if (reuse === "validate" || (isToRefresh && isRefresh)) return undefined;
  if (parts.keepsInMemory) memory.put(url, entry);
  flight?.land({ kind: "entry", entry });
  parts.metrics.count(reuse === "fresh" ? "hit" : "stale");
  if (isToRefresh) refresh(entry);
  return answerFrom(entry, asked, ctx.request.method, nowMs);
}

/** For a request that has not looked there: what it stores after all is for the other gateways, too. */
export function storing({ url, since }: Quest, { shared }: RouteParts, tier: Tier): Landing["onOutcome"] {
  return (outcome) => {
    if (outcome === undefined || outcome === "refused") return;
    if (!shared.purges.hasSince(since, url, outcome.stored.tags)) void tier.write(url, outcome);
  };
}

/** Tells the other gateways what came of it, and lets them ask. */
async function settled(
  outcome: Outcome,
  url: string,
  key: string,
  lock: Lock | undefined,
  since: number,
  { shared }: RouteParts,
  tier: Tier,
): Promise<void> {
  try {
    if (outcome === "refused") await tier.refuse(key);
    else if (outcome !== undefined && !shared.purges.hasSince(since, url, outcome.stored.tags)) {
      await tier.write(url, outcome);
    }
  } finally {
    if (lock !== undefined) await tier.release(lock);
  }
}

function once<T>(work: (value: T) => void): (value: T) => void {
  let isDone = false;
  return (value) => {
    if (isDone) return;
    isDone = true;
    work(value);
  };
}
