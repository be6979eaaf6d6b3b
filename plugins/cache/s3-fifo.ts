import { Traces } from "./traces.ts";

interface Node<V> {
  readonly key: string;
  value: V;
  bytes: number;
  /** Uses that it has to its credit, `MOST_USES` at most. */
  uses: number;
  queue: Queue<V>;
  newer: Node<V> | undefined;
  older: Node<V> | undefined;
}

/** What a cache has to know of where its values are kept. */
export interface Room<V> {
  /** Bytes of the bound that are in use beside the values. */
  reserved(): number;
  /** The value, of so many bytes, is not there any more, for whatever reason. */
  onGone(value: V, bytes: number): void;
}

/** Uses are counted up to this. */
const MOST_USES = 7;
/** The part of the room that newcomers have, to show that they are used. */
const TRIAL_SHARE = 0.05;

/**
 * A cache bounded by bytes that keeps what is used: S3-FIFO (Yang et al., SOSP 2023). Newcomers stay in a small queue on trial;
 * what is not used there leaves soon, so that a flood of keys used once drives out nothing else. Of keys that have left a trace is
 * kept: one that comes back goes to the main queue at once. A use is one look into a map and a count.
 */
export class S3Fifo<V> {
  readonly #nodes = new Map<string, Node<V>>();
  readonly #trial = new Queue<V>();
  readonly #main = new Queue<V>();
  readonly #gone = new Traces();
  readonly #maxBytes: number;
  readonly #room: Room<V> | undefined;
  #evicted = 0;

  constructor(maxBytes: number, room?: Room<V>) {
    this.#maxBytes = maxBytes;
    this.#room = room;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get bytes(): number {
    return this.#trial.bytes + this.#main.bytes;
  }

  /** How many values have left for want of room. */
  get evicted(): number {
    return this.#evicted;
  }

  get(key: string): V | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    if (node.uses < MOST_USES) node.uses++;
    return node.value;
  }

  /** Whether a key would begin on trial: it is not there, and has not been of late. */
  isNew(key: string): boolean {
    return !this.#nodes.has(key) && !this.#gone.has(digest(key));
  }

  /** Without counting as a use. */
  peek(key: string): V | undefined {
    return this.#nodes.get(key)?.value;
  }

  /** What takes more bytes than this is not kept: a quarter of the room. */
  get most(): number {
    return this.#maxBytes / 4;
  }

  set(key: string, value: V, bytes: number): void {
    if (bytes > this.most) {
      this.delete(key);
      this.#room?.onGone(value, bytes);
      return;
    }
    const known = this.#nodes.get(key);
    if (known !== undefined) {
      const { value: gone, bytes: goneBytes } = known;
      known.queue.bytes += bytes - goneBytes;
      known.value = value;
      known.bytes = bytes;
      this.#room?.onGone(gone, goneBytes);
    } else {
      const queue = this.#gone.delete(digest(key)) ? this.#main : this.#trial;
      const node: Node<V> = { key, value, bytes, uses: 0, queue, newer: undefined, older: undefined };
      this.#nodes.set(key, node);
      queue.add(node);
    }
    while (this.size > 0 && this.bytes + (this.#room?.reserved() ?? 0) > this.#maxBytes) this.#evict();
  }

  delete(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    node.queue.remove(node);
    this.#nodes.delete(key);
    this.#room?.onGone(node.value, node.bytes);
  }

  clear(): void {
    for (const key of this.#nodes.keys()) this.delete(key);
  }

  keys(): IterableIterator<string> {
    return this.#nodes.keys();
  }

  #evict(): void {
    const isTrialFull = this.#trial.bytes > this.#maxBytes * TRIAL_SHARE;
    const node = isTrialFull ? this.#trial.oldest : (this.#main.oldest ?? this.#trial.oldest);
    if (node === undefined) return;
    node.queue.remove(node);
    if (node.uses > 0) {
      // On trial a use is enough to stay; in the main queue each one is worth another round.
      node.uses = node.queue === this.#trial ? 0 : node.uses - 1;
      this.#main.add(node);
      return;
    }
    this.#nodes.delete(node.key);
    this.#room?.onGone(node.value, node.bytes);
    this.#evicted++;
    // As many as there are values at most, for longer ago says little.
    if (node.queue === this.#trial) this.#gone.add(digest(node.key), Math.max(128, this.#nodes.size / 2));
  }
}

function digest(key: string): number {
  return Bun.hash.crc32(key);
}

/** Nodes in the order in which they came. */
class Queue<V> {
  bytes = 0;
  oldest: Node<V> | undefined = undefined;
  #newest: Node<V> | undefined = undefined;

  add(node: Node<V>): void {
    node.queue = this;
    node.newer = undefined;
    node.older = this.#newest;
    if (this.#newest === undefined) this.oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
    this.bytes += node.bytes;
  }

  remove(node: Node<V>): void {
    const { newer, older } = node;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    node.newer = undefined;
    node.older = undefined;
    this.bytes -= node.bytes;
  }
}
