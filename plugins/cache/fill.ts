import {
  type BodySink,
  type BodySource,
  GatewayError,
  type HeaderList,
  Timeout,
  type TimeoutOwner,
  type TimeoutQueue,
  timeoutQueue,
} from "../../src/plugin.ts";
import { type FillEnd, FillReader, type ReadFill } from "./fill-reader.ts";

/** What becomes of a content that is stored as it comes. */
export interface FillOwner {
  /** Takes room for so many bytes; false if there is none. */
  borrow(bytes: number): boolean;
  giveBack(bytes: number): void;
  /** All of it has come: so many bytes. */
  onComplete(chunks: readonly Uint8Array[], length: number): void;
  /** It will not be stored: it is too large, or there is no room; or it broke off. */
  onAbandon(isBroken: boolean): void;
}

/** A content that nobody waits for any more is still fetched, for the next who asks, but not for longer than this. */
const UNATTENDED = timeoutQueue(30_000);
/** Bytes that the quickest reader of a content that is not stored may be ahead of the slowest. */
const MOST_AHEAD = 262_144;

/**
 * One content on its way to any number of readers, and into the store. While it is stored it is read as fast as it comes,
 * for at most `limit` bytes are kept; a reader that leaves stops nobody else. What turns out too large to be stored goes on
 * at the pace of the slowest reader.
 */
export class Fill implements BodySink, ReadFill, TimeoutOwner {
  readonly length: number | undefined;
  readonly #source: BodySource;
  readonly #owner: FillOwner;
  readonly #limit: number;
  readonly #readers = new Set<FillReader>();
  readonly #patience: TimeoutQueue;
  readonly #unattended = new Timeout(this);
  #chunks: Uint8Array[] = [];
  /** Chunks before the first of `#chunks`, which every reader has had. */
  #dropped = 0;
  #received = 0;
  #borrowed = 0;
  #isStoring = true;
  #isPaused = false;
  #end: FillEnd | undefined = undefined;

  constructor(source: BodySource, limit: number, owner: FillOwner, unattended: TimeoutQueue = UNATTENDED) {
    this.#patience = unattended;
    this.#source = source;
    this.length = source.length;
    this.#limit = limit;
    this.#owner = owner;
  }

  start(): void {
    this.#source.start(this);
  }

  /** Another reader, from the first byte; undefined if that is not kept any more. */
  open(): BodySource | undefined {
    if (this.#dropped > 0 || (!this.#isStoring && this.#end === undefined)) return undefined;
    const reader = new FillReader(this);
    this.#readers.add(reader);
    this.#unattended.clear();
    return reader;
  }

  write(chunk: Uint8Array): boolean {
    this.#received += chunk.byteLength;
    if (this.#isStoring && !this.#hasRoomFor(chunk.byteLength)) this.#abandon(false);
    this.#chunks.push(chunk);
    for (const reader of this.#readers) reader.pump();
    if (this.#isStoring) return true;
    this.#dropRead();
    this.#isPaused = this.#isFarAhead();
    return !this.#isPaused;
  }

  end(trailers?: HeaderList): void {
    this.#finish({ trailers });
    if (!this.#isStoring) return;
    this.#isStoring = false;
    this.#returnRoom();
    this.#owner.onComplete(this.#chunks, this.#received);
  }

  fail(error: GatewayError): void {
    this.#finish({ error });
    if (this.#isStoring) this.#abandon(true);
  }

  onTimeout(): void {
    this.cancel(new GatewayError("client_closed", { cause: "nobody waits for what is being stored" }));
  }

  /** Gives it up for everybody. */
  cancel(error: GatewayError): void {
    if (this.#end !== undefined) return;
    this.#source.cancel(error);
    this.fail(error);
  }

  chunkAt(index: number): Uint8Array | undefined {
    return this.#chunks[index - this.#dropped];
  }

  get outcome(): FillEnd | undefined {
    return this.#end;
  }

  onTaken(): void {
    if (this.#isStoring || this.#end !== undefined) return;
    this.#dropRead();
    if (!this.#isPaused || this.#isFarAhead()) return;
    this.#isPaused = false;
    this.#source.resume();
  }

  onLeft(reader: FillReader): void {
    this.#readers.delete(reader);
    if (this.#end !== undefined) return;
    if (this.#readers.size > 0) return this.onTaken();
    if (this.#isStoring) this.#unattended.set(this.#patience);
    else this.cancel(new GatewayError("client_closed"));
  }

  #hasRoomFor(bytes: number): boolean {
    if (this.#received > this.#limit || !this.#owner.borrow(bytes)) return false;
    this.#borrowed += bytes;
    return true;
  }

  #returnRoom(): void {
    this.#owner.giveBack(this.#borrowed);
    this.#borrowed = 0;
  }

  #abandon(isBroken: boolean): void {
    this.#isStoring = false;
    this.#returnRoom();
    this.#owner.onAbandon(isBroken);
    if (this.#readers.size === 0) this.cancel(new GatewayError("client_closed"));
  }

  #finish(end: FillEnd): void {
    this.#end = end;
    this.#unattended.clear();
    for (const reader of this.#readers) reader.pump();
  }

  #slowest(): number {
    let at = this.#dropped + this.#chunks.length;
    for (const reader of this.#readers) at = Math.min(at, reader.at);
    return at;
  }

  #dropRead(): void {
    const read = this.#slowest() - this.#dropped;
    if (read <= 0) return;
    this.#chunks.splice(0, read);
    this.#dropped += read;
  }

  #isFarAhead(): boolean {
    let bytes = 0;
    for (const chunk of this.#chunks) bytes += chunk.byteLength;
    return bytes >= MOST_AHEAD;
  }
}
