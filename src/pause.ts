import { MAX_TIMER_MS } from "./timeouts.ts";

/**
 * Resolves after that many ms, 24 days at most, or as soon as the signal aborts; never rejects. It keeps no process alive: who
 * tries again later is not what a process runs for.
 */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, Math.min(ms, MAX_TIMER_MS)));
    timer.unref();
    signal.addEventListener("abort", end);
  });
}
