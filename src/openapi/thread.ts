import type { MergeJob, MergeResult } from "./job.ts";

/** For all documents of a gateway; then something is wrong with one of them. */
const MERGE_MS = 120_000;

/**
 * Merges in a thread of its own, which ends with the job, so that requests do not wait for it and its memory is given back. The
 * fresh documents, each piece in a buffer of its own, are gone afterwards. Rejects if the thread fails, takes too long, or the signal is
 * aborted.
 */
export async function mergeInThread(job: MergeJob, signal: AbortSignal): Promise<MergeResult> {
  const thread = new Worker(new URL("./merge-thread.ts", import.meta.url).href);
  const { promise, resolve, reject } = Promise.withResolvers<MergeResult>();
  const onAbort = () => reject(new Error("the gateway is stopping"));
  const timer = setTimeout(() => reject(new Error(`the merge has taken more than ${MERGE_MS} ms`)), MERGE_MS);
  signal.addEventListener("abort", onAbort, { once: true });
  thread.onmessage = ({ data }: MessageEvent<MergeResult>) => resolve(data);
  thread.onerror = (event) => reject(new Error(`the merge has failed: ${event.message}`));
  try {
    signal.throwIfAborted();
    thread.postMessage(job, freshBuffers(job));
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    thread.terminate();
  }
}

/** Handed over, not copied: requests would wait while megabytes are. */
function freshBuffers({ sources }: MergeJob): ArrayBuffer[] {
  const chunks = sources.flatMap(({ fresh }) => fresh ?? []);
  return chunks.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}
