import type { Backend } from "./backend.ts";
import { checkPositive } from "./check.ts";
import { StoreError } from "./error.ts";
import type { Lock, LockOptions } from "./store.ts";

/** How long the fence of a lock that nobody holds is remembered. */
const FENCE_MS = 86_400_000;

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/** The lock of that key, held by a token of its own; undefined if somebody else has it. */
export async function acquireLock(backend: Backend, key: string, options: LockOptions): Promise<Lock | undefined> {
  checkPositive("time of a lock in ms", options.ttlMs);
  const token = crypto.randomUUID();
  const { ttlMs, fenceMs = FENCE_MS } = options;
  const fence = await waitForLock(() => backend.lock(key, token, ttlMs, fenceMs, options), options);
  if (fence === 0) return undefined;
  return {
    fence,
    async extend(ttlMs, wait) {
      checkPositive("time of a lock in ms", ttlMs);
      return backend.extendLock(key, token, ttlMs, wait);
    },
    release: (wait) => backend.unlock(key, token, wait),
  };
}

/** Tries until it has the lock, `waitMs` is over or the signal aborts; answers the fence, 0 without the lock. */
async function waitForLock(attempt: () => Promise<number>, { waitMs = 0, signal }: LockOptions): Promise<number> {
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
