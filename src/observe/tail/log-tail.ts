import type { LineTap } from "../output.ts";
import { quote } from "../quote.ts";
import { ByteRing } from "./byte-ring.ts";
import { isLogLine, type LineFilter, lineFilter } from "./filter.ts";

/** Somebody who reads the log while it is written. It must not wait or throw. */
export interface LineReader {
  /** A line without its end. */
  onLine(line: string): void;
  /** The process ends. */
  onEnd(): void;
}

/** Bytes of lines that are kept for who comes later: some 700 of an access log. */
const KEPT = 262_144;
/** Lines of those that a new reader gets. */
const RECENT = 200;
/** UTF-16 units of a line that is kept and told; of a longer one only that it was there. */
const LONGEST = 16_384;
export const MOST_READERS = 16;

/** The end of the log: what was written of late, and who reads along. It takes JSON lines, as they are written. */
export class LogTail implements LineTap {
  readonly #recent = new ByteRing(KEPT);
  readonly #readers = new Map<LineReader, (line: string) => boolean>();
  readonly #settle: () => void;

  /** @param settle has whoever writes lines tell of all that it has written */
  constructor(settle: () => void = () => {}) {
    this.#settle = settle;
  }

  push(line: string): void {
    this.#recent.push(Buffer.from(line.length > LONGEST ? `${toldLine(line)}\n` : line));
    if (this.#readers.size > 0) this.#tell(line);
  }

  pushBytes(lines: Uint8Array): void {
    // As long as nobody reads, lines are kept as they came: to look into one costs as much as to write it.
    this.#recent.push(lines);
    if (this.#readers.size > 0) for (const line of textLines(lines)) this.#tell(line);
  }

  #tell(line: string): void {
    const told = toldLine(line);
    for (const [reader, fits] of this.#readers) if (fits(told)) reader.onLine(told);
  }

  /** The reader gets the recent lines that fit, and then each new one. False: there are too many readers. */
  read(filter: LineFilter, reader: LineReader): boolean {
    if (this.#readers.size >= MOST_READERS) return false;
    this.#settle();
    const fits = lineFilter(filter);
    for (const line of this.#recent.lines().map(toldLine).filter(fits).slice(-RECENT)) reader.onLine(line);
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

function textLines(lines: Uint8Array): readonly string[] {
  return Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength)
    .toString("utf8", 0, lines.byteLength - 1)
    .split("\n");
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
