import { realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { reasonOf } from "../config/file-path.ts";
import type { DocumentLocation } from "../config/openapi-location.ts";
import { MAX_TIMER_MS } from "../timeouts.ts";
import { type AskService, askService } from "./ask-service.ts";
import { own } from "./encode.ts";
import { ReferenceScan } from "./files/reference-scan.ts";

/** What is asked for. */
export interface DocumentQuestion {
  readonly location: DocumentLocation;
  /** Of the copy that is there already. */
  readonly etag: string | undefined;
  readonly maxBytes: number;
  /** For the whole of it. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Of a file that the document refers to: the folder that it has to be in, whatever links lead to. */
  readonly folder?: string;
}

/** Nobody has such a document, and asking again soon does not change that. */
export class NoDocument extends Error {}

/** A document as it came, in pieces; nobody has looked into it yet. */
export interface FetchedDocument extends Content {
  readonly etag: string | undefined;
}

/** Megabytes are neither joined nor copied where requests would wait for it. */
interface Content {
  readonly chunks: readonly Uint8Array[];
  /** The same for the same content. */
  readonly mark: string;
  /** Whether it may refer to other files. */
  readonly leadsOut: boolean;
}

/** An answer to such a question, of a service or of any server. */
export interface DocumentAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  body(): ReadableStream<Uint8Array>;
  /** Gives up a body that nobody reads. */
  discard(): void;
}

/**
 * Fetches the document of a service, from the service itself, a URL or a file. Redirects are not followed: whoever answers would
 * lead the gateway, and its token, anywhere. Throws Error with a text for people.
 *
 * @returns undefined if it is still the one with that ETag (RFC 9110 §13.1.2)
 */
export async function fetchDocument(question: DocumentQuestion, ask: AskService): Promise<FetchedDocument | undefined> {
  const { location, etag, maxBytes, timeoutMs, signal } = question;
  const timeout = AbortSignal.timeout(Math.min(timeoutMs, MAX_TIMER_MS));
  const both = AbortSignal.any([signal, timeout]);
  if (location.file !== undefined) return readDocumentFile(location.file, question, both);
  const headers = { accept: ACCEPT, "accept-encoding": "identity", ...location.headers };
  const asked = etag === undefined ? headers : { ...headers, "if-none-match": etag };
  try {
    const answer =
      location.path === undefined
        ? await askUrl(location.url ?? "", asked, both)
        : await askService(location.path, asked, both, ask);
    return await documentOf(answer, etag, maxBytes, both);
  } catch (error) {
    if (timeout.aborted) throw new Error(`it has not come within ${timeoutMs} ms`);
    throw error;
  }
}

const ACCEPT = "application/json, application/yaml;q=0.9, */*;q=0.5";

async function askUrl(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<DocumentAnswer> {
  // What was not asked for is not unpacked: a little of it may be very much.
  const response = await fetch(url, { headers, redirect: "manual", decompress: false, signal }).catch(
    (error: unknown) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : "no connection";
      throw new Error(`the server does not answer (${code})`);
    },
  );
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body: () => response.body ?? new Blob([]).stream(),
    discard: () => void response.body?.cancel().catch(() => {}),
  };
}

async function documentOf(
  answer: DocumentAnswer,
  etag: string | undefined,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FetchedDocument | undefined> {
  const { status } = answer;
  if (status !== 200) answer.discard();
  if (status === 304 && etag !== undefined) return undefined;
  if (status >= 300 && status < 400) {
    throw new NoDocument(`the answer is a redirect (${status}), which is not followed`);
  }
  if (status !== 200) throw new (isFinal(status) ? NoDocument : Error)(`the answer has the status ${status}`);
  const coding = answer.header("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (coding !== "identity" && coding !== "") {
    answer.discard();
    throw new NoDocument("it is compressed, which it was asked not to be");
  }
  const announced = Number(answer.header("content-length") ?? 0);
  if (announced > maxBytes) {
    answer.discard();
    throw tooLong(maxBytes);
  }
  return { ...(await readStream(answer.body(), maxBytes, signal)), etag: answer.header("etag") };
}

/** 408, 425 and 429 ask to come again (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4). */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

async function readStream(stream: ReadableStream<Uint8Array>, maxBytes: number, signal: AbortSignal): Promise<Content> {
  const reader = stream.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    const hasher = new Bun.CryptoHasher("blake2b256");
    const scan = new ReferenceScan();
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return { chunks, mark: hasher.digest("base64url"), leadsOut: scan.isFound };
      length += value.byteLength;
      if (length > maxBytes) throw tooLong(maxBytes);
      chunks.push(own(value));
      hasher.update(value);
      scan.add(value);
      // Whoever is near sends megabytes at a time: requests get their turns between.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    cancel();
    throw error;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

async function readDocumentFile(
  file: string,
  { maxBytes, folder }: DocumentQuestion,
  signal: AbortSignal,
): Promise<FetchedDocument> {
  try {
    if (folder !== undefined) await requireBelow(file, folder);
    return { ...(await readStream(Bun.file(file).stream(), maxBytes, signal)), etag: undefined };
  } catch (error) {
    if (error instanceof TooLong || error instanceof NoDocument) throw error;
    throw new NoDocument(`the file cannot be read: ${reasonOf(error)}`);
  }
}

/** Links may lead anywhere, and what is no file may never end. */
async function requireBelow(file: string, folder: string): Promise<void> {
  const [real, top] = await Promise.all([realpath(file), realpath(folder)]);
  if (!real.startsWith(`${top}${sep}`)) throw new NoDocument("it leads out of the folder of the document");
  if (!(await stat(real)).isFile()) throw new NoDocument("it is no file");
}

class TooLong extends Error {}

function tooLong(maxBytes: number): Error {
  return new TooLong(`it is longer than openapi.max-bytes, ${maxBytes} bytes`);
}
