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
 * A reader that takes nothing holds up those who wait for it for no longer than this. Sockets take a slow client's bytes in
 * lumps of 1.5 MB and more: at 5 s one that reads 300 kB/s would be cut.
 */
const HELD_UP = timeoutQueue(30_000);

/**
 * One content on its way to any number of readers, and into the store. While it is stored it is read as fast as it comes,
 * for at most `limit` bytes are kept; a reader that leaves stops nobody else. What turns out too large to be stored goes on
 * at the pace of the slowest reader; one that takes nothing for a while is left behind, if another waits for more.
 */
export class Fill implements BodySink, ReadFill, TimeoutOwner {
  readonly length: number | undefined;
  readonly #source: BodySource;
  readonly #owner: FillOwner;
  readonly #limit: number;
  readonly #readers = new Set<FillReader>();
  readonly #patience: TimeoutQueue;
  readonly #unattended = new Timeout(this);
  readonly #heldUp: TimeoutQueue;
  /** Set while it stands still, a reader waits for more, and the slowest have taken nothing. */
  readonly #standstill = new Timeout(this);
  #chunks: Uint8Array[] = [];
  /** Chunks before the first of `#chunks`, which every reader has had. */
  #dropped = 0;
  #received = 0;
  #borrowed = 0;
  #isStoring = true;
  #isPaused = false;
  #end: FillEnd | undefined = undefined;

  constructor(
    source: BodySource,
    limit: number,
    owner: FillOwner,
    unattended: TimeoutQueue = UNATTENDED,
    heldUp: TimeoutQueue = HELD_UP,
  ) {
    this.#patience = unattended;
    this.#heldUp = heldUp;
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
    this.#watch();
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

  onTimeout(timeout: Timeout): void {
    if (timeout === this.#standstill) return this.#leaveBehind();
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
    if (!this.#isPaused) return;
    this.#isPaused = this.#isFarAhead();
    this.#watch();
    if (this.#isPaused) return;
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
    this.#standstill.clear();
    for (const reader of this.#readers) reader.pump();
  }

  #watch(): void {
    if (!this.#isPaused || !this.#isAwaited()) this.#standstill.clear();
    else if (!this.#standstill.isSet) this.#standstill.set(this.#heldUp);
  }

  #isAwaited(): boolean {
    for (const reader of this.#readers) if (reader.isWaiting) return true;
    return false;
  }

  /** The others go on without the slowest. */
  #leaveBehind(): void {
    const error = new GatewayError("client_closed", { cause: "it takes nothing, and others wait for the same" });
    const behind = [...this.#readers].filter((reader) => reader.at === this.#dropped);
    for (const reader of behind) this.#readers.delete(reader);
    for (const reader of behind) reader.leaveBehind(error);
    this.onTaken();
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
    this.#standstill.clear();
  }

  #isFarAhead(): boolean {
    let bytes = 0;
    for (const chunk of this.#chunks) bytes += chunk.byteLength;
    return bytes >= MOST_AHEAD;
  }
}
