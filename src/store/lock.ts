import { StoreError } from "./error.ts";
import type { LockOptions } from "./store.ts";

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/** Tries until it has the lock, `waitMs` is over or the signal aborts; answers the fence, 0 without the lock. */
export async function waitForLock(
  attempt: () => Promise<number>,
  { waitMs = 0, signal }: LockOptions,
): Promise<number> {
  const endsAt = performance.now() + waitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const fence = await attempt();
    const leftMs = endsAt - performance.now();
    if (fence !== 0 || leftMs <= 0) return fence;
    // Those who wait for one lock must not ask in step.
    await pauseFor(Math.min(leftMs, pause * (0.5 + Math.random())), signal);
  }
}

function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.reject(aborted());
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(aborted());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function aborted(): StoreError {
  return new StoreError("aborted", "the caller has stopped waiting for a lock");
}
