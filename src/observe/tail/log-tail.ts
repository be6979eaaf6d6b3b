import { Ring } from "../incidents/ring.ts";
import { quote } from "../quote.ts";
import { isLogLine, type LineFilter, lineFilter } from "./filter.ts";

/** Somebody who reads the log while it is written. It must not wait or throw. */
export interface LineReader {
  /** A line without its end. */
  onLine(line: string): void;
  /** The process ends. */
  onEnd(): void;
}

/** Lines that are kept for who comes later. */
const KEPT = 500;
/** Of those, the ones that a new reader gets. */
const RECENT = 200;
/** UTF-16 units of a line that is kept and told; of a longer one only that it was there. */
const LONGEST = 16_384;
export const MOST_READERS = 16;

/** The end of the log: what was written of late, and who reads along. It takes JSON lines, as they are written. */
export class LogTail {
  readonly #recent = new Ring<string>(KEPT);
  readonly #readers = new Map<LineReader, (line: string) => boolean>();

  /** Takes a line with its end. */
  push(line: string): void {
    // As long as nobody reads, a line is kept as it came: to look into it costs as much as to write it.
    this.#recent.push(line.length > LONGEST ? toldLine(line) : line);
    if (this.#readers.size === 0) return;
    const told = toldLine(line);
    for (const [reader, fits] of this.#readers) if (fits(told)) reader.onLine(told);
  }

  /** The reader gets the recent lines that fit, and then each new one. False: there are too many readers. */
  read(filter: LineFilter, reader: LineReader): boolean {
    if (this.#readers.size >= MOST_READERS) return false;
    const fits = lineFilter(filter);
    for (const line of this.#recent.all().map(toldLine).filter(fits).slice(-RECENT)) reader.onLine(line);
    this.#readers.set(reader, fits);
    return true;
  }

  leave(reader: LineReader): void {
    this.#readers.delete(reader);
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Ends all readers. */
  close(): void {
    for (const reader of [...this.#readers.keys()]) reader.onEnd();
    this.#readers.clear();
  }
}

/** A line as it is told: JSON also where something else than the log has written it, as a worker's console does. */
function toldLine(written: string): string {
  const line = written.endsWith("\n") ? written.slice(0, -1) : written;
  if (line.length > LONGEST) return ownLine("warn", `a line of ${line.length} characters is left out here`);
  return isLogLine(line) ? line : ownLine("info", line);
}

function ownLine(level: string, text: string): string {
  return `{"time":"${new Date().toISOString()}","level":"${level}","msg":${quote(text)}}`;
}
