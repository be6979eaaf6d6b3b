import { writeSync } from "node:fs";

/** While whoever reads along is slow, in ms. */
const PAUSE_MS = 1;

/**
 * Writes the whole text before it returns, as slowly as it is read: the process may end right after. Where nobody reads any
 * more, it is let go.
 */
export function writeAll(fd: number, text: string): void {
  let bytes: Uint8Array = Buffer.from(text);
  while (bytes.byteLength > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
      Bun.sleepSync(PAUSE_MS);
    }
  }
}
