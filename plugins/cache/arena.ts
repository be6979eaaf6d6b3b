/** A piece of the room, that is filled from its beginning on. */
export class Segment {
  readonly buffer: Buffer;
  /** Bytes that have been taken, and those of them that are in use still. */
  taken = 0;
  live = 0;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(bytes);
  }
}

/** A segment's bytes at most: few of a large room, and many beside one reply. */
const MOST_SEGMENT = 262_144;
/** Segments of a room at least. */
const LEAST_SEGMENTS = 128;
/** What is longer than this part of a segment has no place there, for it would leave too much of one unused. */
const LARGEST = 1 / 8;
/** Empty segments that are kept for what comes next. */
const MOST_SPARE = 2;

/**
 * Room for bytes that nobody else holds: they are copied in and out, so that their place is free at once when they go, and not only when
 * garbage is collected. A segment is used again when nothing in it is in use, which suits what leaves in the order in which it came.
 */
export class Arena {
  readonly #segmentBytes: number;
  readonly #spare: Segment[] = [];
  #current: Segment | undefined = undefined;
  /** Of all segments that are not empty: bytes that cannot be had, and those of them that are in use. */
  #taken = 0;
  #live = 0;

  constructor(roomBytes: number) {
    this.#segmentBytes = Math.min(MOST_SEGMENT, Math.floor(roomBytes / LEAST_SEGMENTS));
  }

  /** Bytes that can be taken at once. */
  get most(): number {
    return this.#segmentBytes * LARGEST;
  }

  /** Bytes that are in use no more, in segments that cannot be used again yet. */
  get waste(): number {
    return this.#taken - this.#live;
  }

  /** So many bytes at the end of what is taken of a segment; at most `most`. */
  take(bytes: number): Segment {
    let segment = this.#current;
    if (segment === undefined || segment.taken + bytes > this.#segmentBytes) {
      if (segment !== undefined) this.#taken += this.#segmentBytes - segment.taken;
      segment = this.#spare.pop() ?? new Segment(this.#segmentBytes);
      this.#current = segment;
    }
    segment.taken += bytes;
    segment.live += bytes;
    this.#taken += bytes;
    this.#live += bytes;
    return segment;
  }

  /** Gives back bytes of a segment: whoever took them reads them no more. */
  free(segment: Segment, bytes: number): void {
    segment.live -= bytes;
    this.#live -= bytes;
    if (segment.live > 0) return;
    this.#taken -= segment === this.#current ? segment.taken : this.#segmentBytes;
    if (segment === this.#current) this.#current = undefined;
    segment.taken = 0;
    if (this.#spare.length < MOST_SPARE) this.#spare.push(segment);
  }
}
