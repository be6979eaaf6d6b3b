import { Reply } from "./reply.ts";

/** Whom a reply that is on its way comes to. */
export interface ReplyReceiver {
  onReply(reply: Reply): void;
  onFailure(error: unknown): void;
}

/**
 * A reply that is on its way: a promise, but for one receiver, and cheaper. The receiver is told once, and never before
 * `deliverTo` has returned.
 */
export interface PendingReply {
  deliverTo(receiver: ReplyReceiver): void;
}

/** An answer in any form. */
export type Answer = Reply | Promise<Reply> | PendingReply;

/** The answer for those who want to await it. */
export function awaitable(answer: Answer): Reply | Promise<Reply> {
  if (answer instanceof Reply || answer instanceof Promise) return answer;
  return new Promise((onReply, onFailure) => answer.deliverTo({ onReply, onFailure }));
}

/** Who waits for a filter. */
export interface FilterReceiver {
  /** It lets the request pass. */
  onPass(): void;
  /** It refuses the request, or has failed. */
  onFailure(error: unknown): void;
}

/**
 * A filter that is under way: a promise, but for one receiver, and cheaper. Nothing is asked of anybody before `deliverTo`;
 * the receiver is told once, and never before that has returned.
 */
export abstract class PendingFilter {
  abstract deliverTo(receiver: FilterReceiver): void;
}
