import { backgroundOf, type Context, type Handler } from "../../src/plugin.ts";
import { type Asked, isForAll, NOTHING_ASKED } from "./asked.ts";
import type { Entry } from "./entry.ts";
import type { Incomplete } from "./incomplete.ts";
import { type Memory, selectEntry } from "./memory.ts";
import type { Place } from "./place.ts";
import type { Forward } from "./rules/cache-status.ts";
import { varyKey } from "./rules/vary.ts";
import { hasValidator } from "./validation.ts";

/** A request that the service has to be asked about. */
export interface Quest extends Place {
  readonly ctx: Context;
  readonly next: Handler;
  readonly asked: Asked;
  /** What is stored for it, and may not be used as it is. */
  readonly entry: Entry | undefined;
  /** A part of what is asked for is stored, and the service is asked for the rest. */
  readonly incomplete: Incomplete | undefined;
  /** Purges that had come before it. */
  readonly since: number;
  /** Why the service is asked. */
  readonly forward: Forward;
  /** It is the cache's own, beside a stale answer: another stale one is of no use. */
  readonly isRefresh: boolean;
}

/** The same, for those who come later: what the client wants of the answer is no part of it. */
export function inBackground(quest: Quest): Quest {
  const ctx = backgroundOf(quest.ctx);
  ctx.request.headers.deleteWhere((name) => OF_CLIENT.has(name));
  return { ...quest, ctx, asked: NOTHING_ASKED, isRefresh: true };
}

const OF_CLIENT = new Set(["cache-control", "pragma", "range", "if-range", "if-none-match", "if-modified-since"]);

/** Whether the service is asked if what is stored has changed, rather than what the client asks. */
export function isValidating({ ctx, entry }: Quest): boolean {
  return ctx.request.method === "GET" && entry !== undefined && hasValidator(entry.stored.validators);
}

/** Whether others may wait for the answer, and it for that of others. */
export function isShareable(quest: Quest): boolean {
  const { asked, ctx } = quest;
  if (ctx.request.method !== "GET") return false;
  if (isForAll(asked)) return true;
  // The client's conditions do not reach the service, and are judged by what it answers.
  return isValidating(quest) && isForAll({ ...asked, ifNoneMatch: undefined, ifModifiedSince: undefined });
}

/** What requests have in common that wait for one answer, as far as it is known what the response varies by. */
export function flightKey({ url, owner, own, entry, ctx }: Quest, memory: Memory): string {
  const vary = entry?.stored.terms.vary ?? knownVary(memory, url, owner);
  // A principal's id may have line ends; its length tells where it ends.
  const mark = isIdentified(ctx) ? "+" : "";
  const key = `${url}\n${owner}\n${mark}${own.length}:${own}`;
  return vary.length === 0 ? key : `${key}\n${varyKey(vary, ctx.request.headers)}`;
}

/** What such requests are answered may be refused to the store for their sake alone (RFC 9111 §3.5): others do not wait for it. */
function isIdentified({ principal, request }: Context): boolean {
  return principal !== undefined || request.headers.has("authorization");
}

function knownVary(memory: Memory, url: string, owner: string): readonly string[] {
  const entries = memory.get(url);
  return entries?.find(({ stored }) => stored.selection.owner === owner)?.stored.terms.vary ?? NONE;
}

const NONE: readonly string[] = [];

/** The same request, after others have stored something meanwhile. */
export function lookAgain(quest: Quest, memory: Memory): Quest {
  const resource = memory.get(quest.url);
  if (resource === undefined) return quest;
  const entry = selectEntry(resource, quest.owner, quest.own, quest.ctx.request.headers);
  return { ...quest, entry, incomplete: undefined, forward: entry === undefined ? quest.forward : "stale" };
}
