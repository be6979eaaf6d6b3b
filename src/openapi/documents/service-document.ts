import type { DocumentLocation } from "../../config/openapi-location.ts";
import type { AskService } from "../ask-service.ts";
import type { DocumentQuestion } from "../fetch.ts";
import { fetchWhole, type WholeDocument } from "../files/whole-document.ts";
import type { MergeSource, SourceVerdict } from "../job.ts";
import type { Standing } from "../sharing/state.ts";
import type { ServiceDocumentView } from "../view.ts";
import type { KeptDocument } from "./kept.ts";

/** One that nobody has looked into yet. */
type Fresh = WholeDocument & { readonly at: number };

type Bounds = Pick<DocumentQuestion, "maxBytes" | "timeoutMs" | "signal">;

/** The document of one service: the good copy in use, the fresh one that is still to be looked into, and the last error. */
export class ServiceDocument {
  readonly service: string;
  readonly location: DocumentLocation;
  readonly #ask: AskService;
  #kept: KeptDocument | undefined = undefined;
  #fresh: Fresh | undefined = undefined;
  /** The one that the merge under way has been handed. */
  #merging: Omit<Fresh, "chunks"> | undefined = undefined;
  /** Of the bytes that the copy in use was made of, and of those that were no good. */
  #keptMark: string | undefined = undefined;
  #refused: { readonly mark: string; readonly fault: string } | undefined = undefined;
  #version: string | undefined = undefined;
  #error: ServiceDocumentView["error"] = undefined;
  #hasAnswered = false;

  constructor(service: string, location: DocumentLocation, ask: AskService) {
    this.service = service;
    this.location = location;
    this.#ask = ask;
  }

  get error(): ServiceDocumentView["error"] {
    return this.#error;
  }

  /** Whether there is something to merge that was not merged yet. */
  get isChanged(): boolean {
    return this.#fresh !== undefined;
  }

  get kept(): KeptDocument | undefined {
    return this.#kept;
  }

  /**
   * For a merge, whose verdict `settle` is told. The fresh document is handed over for good: after a merge that has failed it is
   * asked for again.
   */
  toSource(isHandedOver: boolean): MergeSource {
    const fresh = isHandedOver ? this.#fresh : undefined;
    if (isHandedOver) this.#fresh = undefined;
    this.#merging = fresh && withoutChunks(fresh);
    const { bytes, version } = this.#kept ?? {};
    const known = version === undefined ? {} : { keptVersion: version };
    return { service: this.service, fresh: fresh?.chunks, kept: bytes, ...known };
  }

  /** Whether its fresh document is in the merge under way. */
  get isInMerge(): boolean {
    return this.#merging !== undefined;
  }

  /** The merge with its fresh document has failed. If it was the only one, it is not tried again before it changes. */
  giveUp(isToBlame: boolean, now: number): void {
    const fresh = this.#merging;
    this.#merging = undefined;
    if (fresh === undefined || !isToBlame) return;
    this.#refused = { mark: fresh.mark, fault: "the merge fails with it" };
    this.#fail(this.#refused.fault, now);
  }

  restore(kept: KeptDocument): void {
    this.#kept ??= kept;
  }

  /** For another process, beside the bytes of the copy in use. */
  get standing(): Standing {
    const { bytes: _, ...kept } = this.#kept ?? { bytes: undefined };
    return {
      service: this.service,
      kept: "at" in kept ? kept : undefined,
      keptMark: this.#keptMark,
      refused: this.#refused,
      version: this.#version,
      error: this.#error,
      hasAnswered: this.#hasAnswered,
    };
  }

  /** It is so in another process; answers whether the copy in use is another one now. */
  adopt({ kept, keptMark, refused, version, error, hasAnswered }: Standing, bytes: Uint8Array | undefined): boolean {
    const before = this.#kept?.bytes;
    const isSame =
      bytes !== undefined &&
      before !== undefined &&
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).equals(before);
    if (kept !== undefined && bytes !== undefined) this.#kept = { ...kept, bytes: isSame ? before : bytes };
    this.#keptMark = keptMark;
    this.#refused = refused;
    this.#version = version;
    this.#error = error;
    this.#hasAnswered = hasAnswered;
    return bytes !== undefined && !isSame;
  }

  /** Asks for it; never rejects. */
  async fetch(bounds: Bounds, now: () => number): Promise<void> {
    try {
      // What a restart has brought is unchanged, too, if the service says so.
      const found = await fetchWhole(this.location, this.#kept, bounds, this.#ask);
      if (!bounds.signal.aborted) this.#take(found, now());
    } catch (error) {
      if (!bounds.signal.aborted) this.#fail(error instanceof Error ? error.message : String(error), now());
    }
  }

  /** What the merge has made of it; answers the copy that is to be kept, if it is a new one. */
  settle({ kept, version, fault }: SourceVerdict, now: number): KeptDocument | undefined {
    const fresh = this.#merging;
    this.#merging = undefined;
    this.#version = version;
    if (fresh === undefined) return undefined;
    if (fault !== undefined || kept === undefined) {
      this.#refused = { mark: fresh.mark, fault: fault ?? "it cannot be used" };
      this.#fail(this.#refused.fault, now);
      return undefined;
    }
    const { etag, main, files, at } = fresh;
    const facts = { ...(main !== undefined && { main }), ...(version !== undefined && { version }) };
    this.#kept = { bytes: kept, etag, ...facts, files, at };
    this.#keptMark = fresh.mark;
    this.#refused = undefined;
    this.#error = undefined;
    return this.#kept;
  }

  get view(): ServiceDocumentView {
    const { service, location } = this;
    const kept = this.#version === undefined ? undefined : this.#kept;
    return {
      service,
      location: shownLocation(location),
      state: this.#state(kept !== undefined),
      ...(this.#version !== undefined && { version: this.#version }),
      ...(kept?.etag !== undefined && { etag: kept.etag }),
      ...(kept !== undefined && { fetchedAt: kept.at }),
      ...(this.#error !== undefined && { error: this.#error }),
    };
  }

  #state(hasCopy: boolean): ServiceDocumentView["state"] {
    if (hasCopy) return this.#hasAnswered && this.#error === undefined ? "fresh" : "stale";
    return this.#error === undefined ? "waiting" : "missing";
  }

  #take(found: WholeDocument | undefined, at: number): void {
    this.#hasAnswered = true;
    if (found !== undefined && found.mark !== this.#keptMark) {
      if (this.#refused?.mark === found.mark) return this.#fail(this.#refused.fault, at);
      this.#fresh = { ...found, at };
      return;
    }
    if (this.#kept !== undefined) this.#kept = { ...this.#kept, at };
    this.#error = undefined;
  }

  #fail(message: string, at: number): void {
    this.#error = { message, at };
  }
}

function withoutChunks({ chunks: _, ...rest }: Fresh): Omit<Fresh, "chunks"> {
  return rest;
}

function shownLocation({ path, url, file }: DocumentLocation): string {
  if (url === undefined) return path?.replace(/\?.*/s, "") ?? file ?? "";
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
