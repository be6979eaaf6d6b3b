import { OperationTable } from "../operation-table.ts";
import { joined } from "./pieces.ts";

/** Ten times as long as the largest document takes on a busy machine. */
const READ_MS = 20_000;

/**
 * The operations of a document that was compressed by gzip. A thread unpacks and parses it, so that no request waits for that; it comes back in
 * pieces, and becomes a table path by path. Rejects if the thread fails or takes too long.
 */
export async function readInThread(service: string, bytes: Uint8Array): Promise<OperationTable> {
  const thread = new Worker(new URL("./read-thread.ts", import.meta.url).href);
  // A process that stops does not wait for it.
  thread.unref();
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const timer = setTimeout(() => reject(new Error(`reading has taken more than ${READ_MS} ms`)), READ_MS);
  thread.onmessage = ({ data }: MessageEvent<Uint8Array>) => resolve(data);
  thread.onerror = ({ message }) => reject(new Error(`reading has failed: ${message}`));
  let pieces: Uint8Array;
  try {
    thread.postMessage(bytes);
    pieces = await promise;
  } finally {
    clearTimeout(timer);
    thread.terminate();
  }
  return OperationTable.inTurns(service, await joined(pieces));
}
