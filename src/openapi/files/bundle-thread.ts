import { isObject } from "../json.ts";
import { parseContent } from "../read.ts";
import { bundle, type LoadedFile } from "./bundle.ts";
import type { FromBundler, ToBundler } from "./bundle-messages.ts";
import { readFile } from "./read-file.ts";

declare const self: Worker;

/** The thread's side of `bundleInThread`: one document, whose files it asks for. Bytes are handed over, not copied. */
const waiting = new Map<string, (file: LoadedFile) => void>();

self.onmessage = ({ data }: MessageEvent<ToBundler>) => {
  if (data.kind === "begin") void begin(data);
  else waiting.get(data.file)?.(readFile(data.content));
};

async function begin({ root, chunks }: Extract<ToBundler, { kind: "begin" }>): Promise<void> {
  try {
    const document = parseContent(Buffer.concat(chunks));
    if (!isObject(document)) throw new Error("it is no OpenAPI document");
    const bundled = await bundle(document, root, want);
    const bytes = new TextEncoder().encode(JSON.stringify(bundled));
    send({ kind: "done", bytes }, [bytes.buffer]);
  } catch (error) {
    send({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}

function want(file: string): Promise<LoadedFile> {
  const { promise, resolve } = Promise.withResolvers<LoadedFile>();
  waiting.set(file, resolve);
  send({ kind: "want", file });
  return promise;
}

function send(message: FromBundler, bytes: ArrayBuffer[] = []): void {
  self.postMessage(message, bytes);
}
