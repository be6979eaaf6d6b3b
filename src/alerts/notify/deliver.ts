import { pause } from "../../pause.ts";
import type { Post, Posted } from "./post.ts";

export interface Delivery {
  readonly message: Omit<Post, "signal">;
  /** How long it is tried, in ms. */
  readonly giveUpMs: number;
  readonly signal: AbortSignal;
  post(post: Post): Promise<Posted>;
  /** Told of each attempt. */
  onAttempt(posted: Posted): void;
  /** Uniform in [0, 1). */
  random(): number;
  /** In ms, of a clock that only goes forward. */
  now(): number;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Sends a message until it is taken or refused, or the time is over; true if it was taken. Pauses double from 1 s to 30 s,
 * and half of each is left to chance; a receiver's `Retry-After` is heeded. Ends when the signal is aborted.
 */
export async function deliver({ message, giveUpMs, signal, post, onAttempt, random, now }: Delivery): Promise<boolean> {
  const endsAt = now() + giveUpMs;
  for (let longest = FIRST_PAUSE_MS; ; longest = Math.min(longest * 2, LONGEST_PAUSE_MS)) {
    const posted = await post({ ...message, signal });
    if (signal.aborted) return false;
    onAttempt(posted);
    if (posted.result !== "failed") return posted.result === "sent";
    const pauseMs = Math.max(posted.retryAfterMs ?? 0, longest * (0.5 + 0.5 * random()));
    if (now() + pauseMs >= endsAt) return false;
    await pause(pauseMs, signal);
    if (signal.aborted) return false;
  }
}
