import { noise } from "./scripts.ts";
import type { RawSocket } from "./socket.ts";

export const MIB = 1_048_576;
export const GIB = 1_024 * MIB;

/** Repeats after a number of bytes that no buffer has, so that what is lost, doubled or swapped shows. */
const PATTERN = Buffer.from(noise(MIB + 7, 11));
const PIECE = 65_536;

/** Sends that many bytes of the pattern, from its start, as fast as they are taken; ends early with the connection. */
export async function sendPattern(socket: RawSocket, bytes: number): Promise<void> {
  for (let at = 0; at < bytes && !socket.isClosed; ) {
    const start = at % PATTERN.byteLength;
    const size = Math.min(PIECE, bytes - at, PATTERN.byteLength - start);
    await socket.send(PATTERN.subarray(start, start + size));
    at += size;
  }
}

/** Compares what arrives with the pattern, from its start. */
export class PatternCheck {
  /** Bytes so far. */
  bytes = 0;
  /** Offset of the first piece that is not as it was sent. */
  brokenAt: number | undefined;

  /** Takes what the socket has and will get: the bytes of a body, after its head has been read. */
  constructor(socket: RawSocket) {
    const early = Buffer.from(socket.inbox.rest);
    socket.inbox.skip(early.byteLength);
    socket.inbox.discard((chunk) => this.#compare(chunk));
    this.#compare(early);
  }

  #compare(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.byteLength; ) {
      const start = this.bytes % PATTERN.byteLength;
      const size = Math.min(chunk.byteLength - at, PATTERN.byteLength - start);
      const isSame = PATTERN.compare(chunk, at, at + size, start, start + size) === 0;
      if (!isSame) this.brokenAt ??= this.bytes;
      this.bytes += size;
      at += size;
    }
  }
}
