import { type Awaitable, type Context, GatewayError, type Reply } from "../../src/plugin.ts";
import { answerFrom, notModified } from "./answer.ts";
import { answerWithWhole, sentForMissing } from "./completing.ts";
import type { Entry } from "./entry.ts";
import type { Flight, Landed } from "./flights.ts";
import type { Landing } from "./landing.ts";
import { flightKey, isValidating, type Quest } from "./quest.ts";
import { forwardStatus } from "./rules/cache-status.ts";
import { isWeak } from "./rules/etag.ts";
import { isNotModified } from "./rules/preconditions.ts";
import { isUsableOnError } from "./rules/reuse.ts";
import { type AskedBy, allowsAuthorized } from "./rules/storable.ts";
import type { RouteParts } from "./shared.ts";
import { type AskedAt, failureLanded, isAuthorized, isFailure, keep, partHead, put, storedHead } from "./storing.ts";
import type { Tier } from "./tier/tier.ts";
import { askTiered } from "./tiered.ts";
import { askWhetherModified, freshened, updatedByHead } from "./validation.ts";

/** Asks the service, stores what may be stored, and tells those who wait. */
export function asks(quest: Quest, parts: RouteParts, flight: Flight | undefined): Promise<Reply> {
  const { tier } = parts;
  if (tier === undefined || !mayBeShared(quest, parts)) return attempted(quest, parts, { flight, onOutcome: nobody });
  return asksTiered(quest, parts, flight, tier);
}

const nobody = (): void => {};

async function asksTiered(quest: Quest, parts: RouteParts, flight: Flight | undefined, tier: Tier): Promise<Reply> {
  try {
    return await askTiered(quest, parts, flight, tier, (next, onOutcome) =>
      attempted(next, parts, { flight, onOutcome }),
    );
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
  const { noCache, noStore } = quest.asked.directives;
  return !noCache && !noStore && !passes.has(flightKey(quest, memory), now());
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

/** A stale response that may be used because the service fails (RFC 5861 §4). */
export function staleOnError(
  { entry, asked, ctx }: Quest,
  parts: RouteParts,
  status: number | undefined,
): Reply | undefined {
  const nowMs = parts.now();
  if (entry === undefined || !isUsableOnError(entry.stored.terms, entry.ageAt(nowMs), asked.directives))
    return undefined;
  parts.metrics.count("stale");
  const told = forwardStatus({
    forward: "stale",
    ...(status === undefined ? {} : { forwardStatus: status }),
    detail: "stale-if-error",
  });
  return answerFrom(entry, asked, ctx.request.method, nowMs, told);
}

function isServiceFailure(ctx: Context, error: unknown): boolean {
  return !ctx.isAborted && error instanceof GatewayError && error.source !== "downstream";
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
  if (reply.status === 304 && entry !== undefined && isValidating(quest))
    return confirmed(quest, entry, reply, at, parts, landing);
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
    if (entry !== undefined && reply.status === 200) updateByHead(quest, entry, reply, at, parts);
    landing.onOutcome(undefined);
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

/** The service says that what is stored has not changed (RFC 9111 §4.3.3). */
function confirmed(
  quest: Quest,
  entry: Entry,
  reply: Reply,
  at: AskedAt,
  parts: RouteParts,
  landing: Landing,
): Reply | Promise<Reply> {
  reply.discard();
  const { memory } = parts.shared;
  const renewed = freshened(entry, reply, at, parts.policy);
  if (renewed === undefined) {
    // It speaks of another response: that one is asked for, without a condition (RFC 9111 §4.3.4).
    memory.remove(quest.url, entry);
    return answered({ ...quest, entry: undefined }, parts, landing);
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

function updateByHead(quest: Quest, entry: Entry, reply: Reply, at: AskedAt, parts: RouteParts): void {
  if (quest.asked.directives.noStore) return;
  const renewed = updatedByHead(entry, reply.headers, at, parts.policy);
  if (renewed === undefined) entry.isInvalid = true;
  else if (mayKeep(quest, renewed, parts)) put(quest.url, renewed, at.since, parts);
}

/** The reply as it came, which is not stored. */
function passed({ forward }: Quest, reply: Reply, { metrics }: RouteParts, detail: string | undefined): Reply {
  metrics.count(forward === "stale" ? "expired" : "miss");
  reply.headers.append("cache-status", forwardStatus({ forward, ...(detail === undefined ? {} : { detail }) }));
  return reply;
}

/** Stores the reply if it may be, and passes it on. */
function stored(quest: Quest, reply: Reply, at: AskedAt, parts: RouteParts, landing: Landing): Reply {
  const { ctx, asked, url, forward } = quest;
  const askedBy = { noStore: asked.directives.noStore, hasAuthorization: isAuthorized(ctx, parts) };
  if (reply.status === 206 && asked.range !== undefined) return partStored(quest, reply, at, askedBy, parts, landing);
  const head = storedHead(ctx, quest, askedBy, reply, at, parts);
  const { passes, memory } = parts.shared;
  if (typeof head === "string") {
    const isForOthers = head === "request-no-store";
    if (!isForOthers) passes.add(flightKey(quest, memory), at.responseMs);
    landing.onOutcome(isForOthers ? undefined : "refused");
    landing.flight?.land(failureLanded(ctx, quest, askedBy, reply, at, head) ?? { kind: "pass" });
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
