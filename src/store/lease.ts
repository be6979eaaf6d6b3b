import type { Backend } from "./backend.ts";
import { checkPositive } from "./check.ts";
import { StoreError } from "./error.ts";
import type { Lease, LeaseOptions } from "./store.ts";

/** A place of the semaphore of that key, held by a token of its own; undefined if all are in use. */
export async function acquireLease(backend: Backend, key: string, options: LeaseOptions): Promise<Lease | undefined> {
  const { limit, leaseMs } = options;
  checkPositive("limit of a semaphore", limit);
  checkPositive("time of a lease in ms", leaseMs);
  const token = crypto.randomUUID();
  const taking = backend.lease(key, token, limit, leaseMs, options);
  // One that came too late may have been given all the same.
  const inUse = await taking.catch((error: unknown) => {
    if (error instanceof StoreError && isUncertain(error)) backend.releaseLease(key, token).catch(() => {});
    throw error;
  });
  if (inUse === 0) return undefined;
  return {
    inUse,
    renew: (wait) => backend.renewLease(key, token, leaseMs, wait),
    release: (wait) => backend.releaseLease(key, token, wait),
  };
}

/** Whether it may have been done in spite of its failure. */
function isUncertain({ reason }: StoreError): boolean {
  return reason === "timeout" || reason === "aborted";
}
