import type { AskService } from "../ask-service.ts";
import { own } from "../encode.ts";
import { type DocumentQuestion, type FetchedDocument, fetchDocument } from "../fetch.ts";
import { bundleInThread } from "./bundler.ts";
import { FileLoader, type KnownFile } from "./file-loader.ts";
import { rootOf } from "./resolve.ts";

/** What a document was made of. */
export interface KnownParts {
  readonly etag: string | undefined;
  /** Of the document itself; undefined if it has no files. */
  readonly main?: string;
  readonly files: readonly KnownFile[];
}

/** A document that needs no other one. */
export interface WholeDocument extends KnownParts {
  readonly chunks: readonly Uint8Array[];
  /** The same for the same content of all of its files. */
  readonly mark: string;
}

type Bounds = Pick<DocumentQuestion, "maxBytes" | "timeoutMs" | "signal">;

/**
 * Fetches a document, and the files of the same service that it refers to. `maxBytes` is for all of them, `timeoutMs` for the document,
 * and then for its files. Throws Error with a text for people.
 *
 * @returns undefined if it is still what it was when `known` was made
 */
export async function fetchWhole(
  location: DocumentQuestion["location"],
  known: KnownParts | undefined,
  bounds: Bounds,
  ask: AskService,
): Promise<WholeDocument | undefined> {
  const main = await fetchDocument({ location, etag: known?.etag, ...bounds }, ask);
  if (main?.leadsOut === false) return { chunks: main.chunks, mark: main.mark, etag: main.etag, files: [] };
  const stop = new AbortController();
  const within = { ...bounds, signal: AbortSignal.any([bounds.signal, stop.signal]) };
  try {
    const isKnown = main === undefined || (known?.main !== undefined && known.main === main.mark);
    if (isKnown && (await new FileLoader(location, ask, within).areSame(known?.files ?? []))) return undefined;
    const found = main ?? (await fetchDocument({ location, etag: undefined, ...bounds }, ask));
    if (found === undefined) throw new Error("the answer has the status 304");
    return await wholeOf(found, location, within, ask);
  } finally {
    stop.abort();
  }
}

async function wholeOf(
  { chunks, mark: main, etag }: FetchedDocument,
  location: DocumentQuestion["location"],
  bounds: Bounds,
  ask: AskService,
): Promise<WholeDocument> {
  const length = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const loader = new FileLoader(location, ask, bounds, length);
  const bytes = await bundleInThread({ root: rootOf(location), chunks, loader }, bounds);
  const { known: files } = loader;
  return { chunks: [own(bytes)], mark: markOf(main, files), etag, main, files };
}

function markOf(main: string, files: readonly KnownFile[]): string {
  const hasher = new Bun.CryptoHasher("blake2b256").update(main);
  for (const { file, mark } of files) hasher.update(`\n${file} ${mark}`);
  return hasher.digest("base64url");
}
