import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { LineBlock } from "./line-block.ts";
import type { LineTaker } from "./plain-line.ts";

export interface OutputOptions {
  /** File descriptor; 1, standard output, unless told. */
  readonly fd?: number;
  /** Most text that waits for a reader who is slow, in UTF-16 units; further lines are dropped. 8 Mi unless told. */
  readonly maxPending?: number;
  /** Told how many lines were dropped, once the reader has caught up; it may write a line of its own. */
  onLoss?(lines: number): void;
  /** Told of all lines in their order, written or lost. */
  readonly tap?: LineTap;
}

/** Whoever reads lines along. */
export interface LineTap {
  /** One line with its end. */
  push(line: string): void;
  /** Some lines with their ends; the memory is not theirs. */
  pushBytes(lines: Uint8Array): void;
}

/** Gathers lines and writes them in batches. A request that logs never waits for whoever reads the log. */
export interface Output {
  /** Takes one line with its end. */
  readonly write: (line: string) => void;
  /** Takes lines as bytes. */
  readonly taker: LineTaker;
  /** Tells the tap of lines that it would be told of a little later. */
  tell(): void;
  /** Writes all that waits, waiting for the reader; gives up after `patienceMs` without progress. For the exit. */
  flushSync(patienceMs?: number): void;
}

/**
 * How long lines are gathered before they are written, in ms. A process that is killed loses as much; and each time may cost
 * a wake-up, which is 45 µs.
 */
const GATHER_MS = 25;
/** Text that is written without further gathering, in UTF-16 units. */
const BATCH = 65_536;
/** Pauses between attempts to write to a full pipe, in ms: doubled while nothing moves. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 32;
/** Errors after which no write can succeed: the reader has closed the pipe, or the descriptor is closed. */
const GONE: readonly unknown[] = ["EPIPE", "EBADF", "ECONNRESET"];

/** An output to a descriptor, standard output unless told. Whoever ends the process calls `flushSync` before. */
export function createOutput(options: OutputOptions = {}): Output {
  const output = new BatchedOutput(options);
  return {
    write: (line) => output.write(line),
    taker: output,
    tell: () => output.tell(),
    flushSync: (patienceMs) => output.flushSync(patienceMs ?? 5_000),
  };
}

class BatchedOutput implements LineTaker {
  readonly #fd: number;
  readonly #maxPending: number;
  readonly #onLoss: ((lines: number) => void) | undefined;
  readonly #tap: LineTap | undefined;
  /** Lines are put here at once, while they are in the processor's cache, as long as nothing waits before them. */
  readonly #block = new LineBlock();
  readonly desk = this.#block.desk;
  /** Bytes in the block that the tap knows. */
  #told = 0;
  /** Lines that have come after those, and the rest of the batch that is being written. */
  #gathered = "";
  #batch: Uint8Array = new Uint8Array(0);
  #timer: Timer | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #isFull = false;
  #isBroken = false;
  #lost = 0;

  constructor(options: OutputOptions) {
    this.#fd = nonBlocking(options.fd ?? 1);
    this.#maxPending = options.maxPending ?? 8_388_608;
    this.#onLoss = options.onLoss;
    this.#tap = options.tap;
  }

  write(line: string): void {
    const isOver = this.#pending + line.length > this.#maxPending;
    if (isOver || !this.#isOpen || !this.#block.fits(line)) return this.#writeLater(line, isOver);
    this.#block.put(line);
    this.#schedule();
  }

  #writeLater(line: string, isOver: boolean): void {
    this.tell();
    this.#tap?.push(line);
    if (this.#isBroken) return;
    if (isOver) {
      this.#lost++;
      return;
    }
    this.#gathered += line;
    this.#schedule();
  }

  get isFree(): boolean {
    return this.#isOpen && this.#block.hasRoom && this.#block.length + this.desk.length <= this.#maxPending;
  }

  take(length: number): void {
    this.#block.putDesk(length);
    this.#schedule();
  }

  tell(): void {
    const from = this.#told;
    this.#told = this.#block.length;
    if (this.#told > from) this.#tap?.pushBytes(this.#block.lines(from));
  }

  flushSync(patienceMs: number): void {
    let deadline = performance.now() + patienceMs;
    for (;;) {
      const before = this.#pending;
      this.#writeBatches();
      const left = this.#pending;
      if (left === 0) return;
      const now = performance.now();
      if (left !== before) deadline = now + patienceMs;
      else if (now > deadline) return;
      Bun.sleepSync(FIRST_PAUSE_MS);
    }
  }

  get #pending(): number {
    return this.#batch.byteLength + this.#block.length + this.#gathered.length;
  }

  /** Whether lines go into the block: nothing waits that is not in it. */
  get #isOpen(): boolean {
    return this.#gathered === "" && this.#batch.byteLength === 0 && !this.#isBroken;
  }

  #schedule(): void {
    if (this.#isFull) return;
    if (this.#block.length + this.#gathered.length >= BATCH) this.#flush();
    else this.#timer ??= this.#after(GATHER_MS);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#flush();
  };

  #flush(): void {
    const hasMoved = this.#writeBatches();
    this.#isFull = this.#batch.byteLength > 0;
    if (this.#isFull) {
      this.#pauseMs = hasMoved ? FIRST_PAUSE_MS : Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
      this.#timer ??= this.#after(this.#pauseMs);
    } else this.#tellLoss();
  }

  /** Writes until nothing is left or the pipe is full; answers whether anything moved. */
  #writeBatches(): boolean {
    let hasMoved = false;
    for (;;) {
      if (this.#batch.byteLength === 0 && !this.#nextBatch()) return hasMoved;
      const taken = this.#writeOnce();
      if (taken === 0) return hasMoved;
      this.#batch = this.#batch.subarray(taken);
      hasMoved = true;
    }
  }

  /** What is in the block came first. It is not written to before the batch is done with. */
  #nextBatch(): boolean {
    if (this.#block.length > 0) {
      this.tell();
      this.#batch = this.#block.lines(0);
      this.#block.clear();
      this.#told = 0;
      return true;
    }
    if (this.#gathered === "") return false;
    this.#batch = Buffer.from(this.#gathered);
    this.#gathered = "";
    return true;
  }

  /**
   * Bytes that were taken; 0 if there is no room, in the pipe or on the disk: that may pass. Where nobody reads any
   * more, all is swallowed, now and later.
   */
  #writeOnce(): number {
    try {
      return writeSync(this.#fd, this.#batch);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && GONE.includes(error.code))) return 0;
      this.#isBroken = true;
      this.#gathered = "";
      this.#block.clear();
      this.#told = 0;
      return this.#batch.byteLength;
    }
  }

  #tellLoss(): void {
    if (this.#lost === 0) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.#onLoss?.(lost);
  }

  /** The process may end while a timer runs: `flushSync` is called then. */
  #after(ms: number): Timer {
    const timer = setTimeout(this.#onTimer, ms);
    timer.unref();
    return timer;
  }
}

/**
 * A descriptor of the same pipe or terminal on which a write never blocks. The given one may be shared with other
 * processes, which must not find it changed, so that it is opened anew (Linux). Files do not block; and what cannot be
 * opened anew, a socket for one, is used as it is.
 */
function nonBlocking(fd: number): number {
  const kind = fstatSync(fd);
  if (!kind.isFIFO() && !kind.isCharacterDevice()) return fd;
  try {
    const own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    if (fstatSync(own).ino === kind.ino) return own;
    closeSync(own);
    return fd;
  } catch {
    return fd;
  }
}
