import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { DocumentLocation } from "../../config/openapi-location.ts";
import type { AskService } from "../ask-service.ts";
import { type DocumentQuestion, type FetchedDocument, fetchDocument, NoDocument } from "../fetch.ts";
import { locationOf, rootOf, shownFile } from "./resolve.ts";

/** A file that a document was made of, and what it was when that was made. */
export interface KnownFile {
  /** As a URL, see `rootOf`. */
  readonly file: string;
  readonly etag?: string;
  /** The same for the same content, or for the same reason why there is none. */
  readonly mark: string;
}

/** The file as it came, or why there is none. */
export type FileContent = { readonly chunks: readonly Uint8Array[] } | { readonly fault: string };

export interface FileBounds extends Pick<DocumentQuestion, "timeoutMs" | "signal"> {
  /** Of the document and all its files together. */
  readonly maxBytes: number;
}

/** Of one document. */
const MOST_FILES = 100;
/** That are asked for at the same time. */
const AT_ONCE = 4;

/** Asks for the files of one document as that is asked for, within bounds for all of them together. */
export class FileLoader {
  readonly #main: DocumentLocation;
  readonly #root: string;
  readonly #ask: AskService;
  readonly #bounds: FileBounds;
  readonly #known: KnownFile[] = [];
  readonly #waiting: (() => void)[] = [];
  #free = AT_ONCE;
  #count = 0;
  #left: number;

  /** @param used bytes that the document itself has taken */
  constructor(main: DocumentLocation, ask: AskService, bounds: FileBounds, used = 0) {
    this.#main = main;
    this.#root = rootOf(main);
    this.#ask = ask;
    this.#bounds = bounds;
    this.#left = bounds.maxBytes - used;
  }

  /** Those that were asked for, by their names. */
  get known(): readonly KnownFile[] {
    return this.#known.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  }

  /** Throws Error if the document cannot be made: the file may be there another time, or there is too much of it. */
  async load(file: string): Promise<FileContent> {
    if (++this.#count > MOST_FILES) throw new Error(`it has more than ${MOST_FILES} files`);
    return this.#inTurn(async () => {
      try {
        const found = await this.#fetch(file, undefined);
        if (found === undefined) throw new Error("the answer has the status 304");
        this.#left -= found.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
        if (this.#left < 0) throw new Error(`with its files it is longer than openapi.max-bytes`);
        this.#known.push({ file, ...(found.etag !== undefined && { etag: found.etag }), mark: found.mark });
        return { chunks: found.chunks };
      } catch (error) {
        if (!(error instanceof NoDocument)) throw new Error(`${shownFile(file, this.#root)}: ${messageOf(error)}`);
        this.#known.push({ file, mark: markOf(error) });
        return { fault: error.message };
      }
    });
  }

  /** Whether they all are as they were. Throws Error if one cannot be asked for. */
  async areSame(files: readonly KnownFile[]): Promise<boolean> {
    const same = await Promise.all(files.map((one) => this.#inTurn(() => this.#isSame(one))));
    return !same.includes(false);
  }

  async #isSame({ file, etag, mark }: KnownFile): Promise<boolean> {
    try {
      const found = await this.#fetch(file, etag);
      return found === undefined || found.mark === mark;
    } catch (error) {
      if (error instanceof NoDocument) return markOf(error) === mark;
      throw new Error(`${shownFile(file, this.#root)}: ${messageOf(error)}`);
    }
  }

  #fetch(file: string, etag: string | undefined): Promise<FetchedDocument | undefined> {
    const { maxBytes, timeoutMs, signal } = this.#bounds;
    const common = { etag, maxBytes, timeoutMs, signal };
    const { file: main } = this.#main;
    if (main === undefined) return fetchDocument({ location: locationOf(file, this.#main), ...common }, this.#ask);
    const location = { file: fileURLToPath(file), headers: {} };
    return fetchDocument({ location, folder: dirname(main), ...common }, this.#ask);
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free--;
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

function markOf({ message }: Error): string {
  return `! ${message}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
