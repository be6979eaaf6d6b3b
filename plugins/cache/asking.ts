import { type Awaitable, GatewayError, type Reply } from "../../src/plugin.ts";
import { answerWithWhole, sentForMissing } from "./completing.ts";
import type { Flight, Landed } from "./flights.ts";
import { confirmed, updateByHead } from "./freshening.ts";
import type { Landing } from "./landing.ts";
import { passed, stored } from "./miss.ts";
import { flightKey, isValidating, type Quest } from "./quest.ts";
import type { RouteParts } from "./route-parts.ts";
import { isServiceFailure, staleOnError } from "./stale-if-error.ts";
import { type AskedAt, isFailure } from "./storing.ts";
import type { Tier } from "./tier/tier.ts";
import { askTiered, storing } from "./tiered.ts";
import { askWhetherModified } from "./validation.ts";

/** Asks the service, stores what may be stored, and tells those who wait. */
export function asks(quest: Quest, parts: RouteParts, flight: Flight | undefined): Promise<Reply> {
  const { tier } = parts;
  if (tier === undefined) return attempted(quest, parts, { flight, onOutcome: nobody });
  if (!mayBeShared(quest, parts)) return attempted(quest, parts, { flight, onOutcome: storing(quest, parts, tier) });
  return asksTiered(quest, parts, flight, tier);
}

const nobody = (): void => {};

async function asksTiered(quest: Quest, parts: RouteParts, flight: Flight | undefined, tier: Tier): Promise<Reply> {
  try {
    return await askTiered(quest, parts, flight, tier, (next, landing) => attempted(next, parts, landing));
  } catch (error) {
    flight?.land(failed(quest, error));
    throw error;
  }
}

/** Who waits for a client that has left asks by itself. */
function failed({ ctx }: Quest, error: unknown): Landed {
  return ctx.isAborted ? { kind: "left" } : { kind: "error", error };
}

/** Whether it is worth a look into what gateways share. */
function mayBeShared(quest: Quest, { shared: { passes, memory }, now }: RouteParts): boolean {
  return !quest.asked.directives.noStore && !passes.has(flightKey(quest, memory), now());
}

async function attempted(quest: Quest, parts: RouteParts, landing: Landing): Promise<Reply> {
  try {
    return await answered(quest, parts, landing);
  } catch (error) {
    landing.onOutcome(undefined);
    landing.flight?.land(failed(quest, error));
    const reply = isServiceFailure(quest.ctx, error) ? staleOnError(quest, parts, undefined) : undefined;
    if (reply === undefined) throw error;
    return reply;
  }
}

async function answered(quest: Quest, parts: RouteParts, landing: Landing): Promise<Reply> {
  const { ctx, entry, since } = quest;
  const requestMs = parts.now();
  const incomplete = entry === undefined ? quest.incomplete : undefined;
  const reply = await (incomplete === undefined ? sent(quest) : sentForMissing(quest, incomplete));
  const at: AskedAt = { requestMs, responseMs: parts.now(), since };
  if (incomplete !== undefined && (reply.status === 206 || reply.status === 416)) {
    const whole = await answerWithWhole(quest, incomplete, reply, at, parts, landing);
    return whole ?? answered({ ...quest, incomplete: undefined }, parts, landing);
  }
  if (reply.status === 304 && entry !== undefined && isValidating(quest)) {
    return (
      confirmed(quest, entry, reply, at, parts, landing) ?? answered({ ...quest, entry: undefined }, parts, landing)
    );
  }
  if (isFailure(reply.status)) {
    const stale = staleOnError(quest, parts, reply.status);
    if (stale !== undefined) {
      reply.discard();
      landing.onOutcome(undefined);
      const cause = `the service has answered ${reply.status}`;
      landing.flight?.land({ kind: "error", error: new GatewayError("upstream_invalid", { cause }) });
      return stale;
    }
  }
  if (ctx.request.method === "HEAD") {
    landing.onOutcome(
      entry === undefined || reply.status !== 200 ? undefined : updateByHead(quest, entry, reply, at, parts),
    );
    return passed(quest, reply, parts, undefined);
  }
  return stored(quest, reply, at, parts, landing);
}

/** The service's answer. */
function sent(quest: Quest): Awaitable<Reply> {
  return isValidating(quest) ? sentByValidators(quest) : quest.next(quest.ctx);
}

/** The service's answer to the stored validators. Its log and its client see the request's own conditions. */
async function sentByValidators({ ctx, next, entry }: Quest): Promise<Reply> {
  if (entry === undefined) return next(ctx);
  const takeBack = askWhetherModified(ctx.request.headers, entry.stored.validators);
  try {
    return await next(ctx);
  } finally {
    takeBack();
  }
}
