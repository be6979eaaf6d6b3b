import { GatewayError, type Reply } from "../../src/plugin.ts";
import { answerFrom, answerFromFill } from "./answer.ts";
import { asks } from "./asking.ts";
import { ageOf } from "./entry.ts";
import type { Landed } from "./flights.ts";
import { isFor } from "./memory.ts";
import { flightKey, inBackground, isShareable, lookAgain, type Quest } from "./quest.ts";
import type { RouteParts } from "./route-parts.ts";
import { forwardStatus } from "./rules/cache-status.ts";
import { reuseOf } from "./rules/reuse.ts";
import { staleOnError } from "./stale-if-error.ts";

/** A request joins so many flights at most before it goes to the service by itself. */
const MOST_FLIGHTS = 8;

/** Asks the service, or waits for one who asks the same already. */
export async function fetchShared(first: Quest, parts: RouteParts): Promise<Reply> {
  if (first.asked.directives.onlyIfCached) throw new GatewayError("not_cached");
  const { flights, passes, memory } = parts.shared;
  let quest = first;
  for (let turn = 0; turn < MOST_FLIGHTS && isShareable(quest); ) {
    const key = flightKey(quest, memory);
    if (passes.has(key, parts.now())) break;
    const flight = flights.get(key);
    if (flight === undefined) return asks(quest, parts, flights.begin(key, quest.url));
    const landed = await flight.wait(quest.ctx.signal);
    if (landed.kind === "error") return onSharedError(quest, landed.error, parts);
    const reply = replyFrom(landed, quest, parts);
    if (reply !== undefined) return reply;
    if (landed.kind === "pass") break;
    // Who takes the place of a client that has left has not been refused anything.
    if (landed.kind !== "left") turn++;
    quest = lookAgain(quest, memory);
  }
  return asks(quest, parts, undefined);
}

/** Others' failure is one's own, unless what is stored may be used then. */
function onSharedError(quest: Quest, error: unknown, parts: RouteParts): Reply {
  const reply = staleOnError(quest, parts, undefined);
  if (reply === undefined) throw error;
  return reply;
}

/** The answer to one who has waited; undefined if what has landed is not for them. */
function replyFrom(landed: Landed, quest: Quest, parts: RouteParts): Reply | undefined {
  if (landed.kind !== "entry" && landed.kind !== "fill" && landed.kind !== "failure") return undefined;
  const { stored } = landed.kind === "fill" ? landed : landed.entry;
  if (!isFor(stored, quest.owner, quest.own, quest.ctx.request.headers)) return undefined;
  const nowMs = parts.now();
  const isFresh = reuseOf(stored.terms, ageOf(stored, nowMs), quest.asked.directives) === "fresh";
  if (!isFresh && landed.kind !== "failure") return undefined;
  const status = forwardStatus({ forward: quest.forward, isCollapsed: true });
  const reply =
    landed.kind === "fill"
      ? answerFromFill(landed, quest.asked, nowMs, status)
      : answerFrom(landed.entry, quest.asked, "GET", nowMs, status);
  if (reply === undefined) return undefined;
  parts.metrics.count("collapsed");
  quest.ctx.trace?.set("sluice.cache", "collapsed");
  return reply;
}

/** Asks for a stale response anew, for those who come later; one such request at a time. */
export function refresh(quest: Quest, parts: RouteParts): void {
  const { entry, asked } = quest;
  if (entry === undefined || entry.isRefreshing || asked.directives.noStore) return;
  entry.isRefreshing = true;
  refreshed(inBackground(quest), parts).finally(() => {
    entry.isRefreshing = false;
  });
}

async function refreshed(quest: Quest, parts: RouteParts): Promise<void> {
  try {
    const reply = await fetchShared(quest, parts);
    reply.discard();
  } catch (error) {
    parts.log.warn("a stale reply could not be refreshed", { requestId: quest.ctx.requestId, error });
  }
}
