import type { Lock, Reply } from "../../src/plugin.ts";
import { answerFrom } from "./answer.ts";
import type { Entry } from "./entry.ts";
import type { Flight } from "./flights.ts";
import { flightKey, isShareable, type Quest } from "./quest.ts";
import type { RouteParts } from "./route-parts.ts";
import { reuseOf } from "./rules/reuse.ts";
import type { Outcome } from "./storing.ts";
import type { Tier } from "./tier/tier.ts";

/** Asks the service, and tells what came of it. */
export type Asking = (quest: Quest, onOutcome: (outcome: Outcome) => void) => Promise<Reply>;

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
  const first = answerOf(found.entry, quest, parts, flight);
  if (first !== undefined) return first;
  const isAlone = found.isRefused || !isShareable(quest);
  const lock = isAlone ? undefined : await tier.lock(key, ctx.signal);
  let { entry } = found;
  if (lock !== undefined) {
    // Whoever had the lock before may have stored it.
    entry = (await look()).entry;
    const second = answerOf(entry, quest, parts, flight);
    if (second !== undefined) {
      void tier.release(lock);
      return second;
    }
  }
  const next = entry === undefined ? quest : { ...quest, entry, forward: "stale" as const };
  const settle = once((outcome: Outcome) => void settled(outcome, url, key, lock, since, parts, tier));
  try {
    return await ask(next, settle);
  } catch (error) {
    settle(undefined);
    throw error;
  }
}

/** The answer if what the store has may be it. */
function answerOf(
  entry: Entry | undefined,
  { ctx, asked, url, since }: Quest,
  parts: RouteParts,
  flight: Flight | undefined,
): Reply | undefined {
  if (entry === undefined) return undefined;
  const { memory, purges, purging } = parts.shared;
  if (purges.hasSince(since, url, entry.stored.tags) || purging.isUntold(url, entry)) return undefined;
  const nowMs = parts.now();
  const reuse = reuseOf(entry.stored.terms, entry.ageAt(nowMs), asked.directives);
  if (reuse !== "fresh" && reuse !== "stale") return undefined;
  if (parts.keepsInMemory) memory.put(url, entry);
  flight?.land({ kind: "entry", entry });
  parts.metrics.count("hit");
  return answerFrom(entry, asked, ctx.request.method, nowMs);
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
