import { MAX_TIMER_MS } from "../../src/plugin.ts";

/**
 * The wait before a retry, in ms: a random part of what doubles with each retry ("full jitter", Brooker, "Exponential
 * Backoff and Jitter", 2015), so that those who failed together do not come back together.
 *
 * @param retry from 1
 * @param random uniform in [0, 1)
 */
export function fullJitter(backoff: { readonly base: number; readonly max: number }, retry: number, random: number) {
  return random * Math.min(backoff.max, backoff.base * 2 ** (retry - 1));
}

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
