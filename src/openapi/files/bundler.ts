import { MAX_TIMER_MS } from "../../timeouts.ts";
import type { FromBundler, ToBundler } from "./bundle-messages.ts";
import type { FileBounds, FileContent, FileLoader } from "./file-loader.ts";

/** What is to be made one document. */
export interface BundleQuestion {
  /** Where the document is, see `rootOf`. */
  readonly root: string;
  readonly chunks: readonly Uint8Array[];
  readonly loader: FileLoader;
}

/**
 * Makes one document of a document and the files that it refers to, in a thread of its own: requests do not wait for it. The pieces are
 * gone afterwards. Rejects with an Error for people, when the signal is aborted, and after `timeoutMs`.
 */
export async function bundleInThread(
  { root, chunks, loader }: BundleQuestion,
  { signal, timeoutMs }: Pick<FileBounds, "signal" | "timeoutMs">,
): Promise<Uint8Array> {
  const thread = new Worker(new URL("./bundle-thread.ts", import.meta.url).href);
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const onAbort = () => reject(new Error("the gateway is stopping"));
  const late = () => reject(new Error(`its files have not come within ${timeoutMs} ms`));
  const timer = setTimeout(late, Math.min(timeoutMs, MAX_TIMER_MS));
  signal.addEventListener("abort", onAbort, { once: true });
  const send = (message: ToBundler) => thread.postMessage(message, buffersOf(message));
  thread.onmessage = ({ data }: MessageEvent<FromBundler>) => {
    if (data.kind === "done") resolve(data.bytes);
    else if (data.kind === "failed") reject(new Error(data.message));
    else {
      const { file } = data;
      loader.load(file).then((content: FileContent) => send({ kind: "file", file, content }), reject);
    }
  };
  thread.onerror = ({ message }) => reject(new Error(`it cannot be made of its files: ${message}`));
  try {
    signal.throwIfAborted();
    send({ kind: "begin", root, chunks });
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    thread.terminate();
  }
}

/** Handed over, not copied. */
function buffersOf(message: ToBundler): ArrayBuffer[] {
  const content = message.kind === "begin" ? message : message.content;
  if ("fault" in content) return [];
  return content.chunks.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}
