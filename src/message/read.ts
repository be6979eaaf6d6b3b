import { GatewayError } from "../errors.ts";
import type { BodySource } from "./source.ts";

/** Reads a source to its end into one array; past `limit` bytes it is cancelled, and the error is that of `tooLarge`. */
export function readAll(
  source: BodySource,
  limit: number,
  tooLarge: () => GatewayError = () => new GatewayError("payload_too_large"),
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    let isOver = false;
    const giveUp = () => {
      isOver = true;
      chunks.length = 0;
      const error = tooLarge();
      source.cancel(error);
      reject(error);
    };
    if (source.length !== undefined && source.length > limit) return giveUp();
    source.start({
      write(chunk) {
        if (isOver) return false;
        size += chunk.byteLength;
        if (size > limit) giveUp();
        else chunks.push(chunk);
        return !isOver;
      },
      end() {
        resolve(chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, size));
      },
      fail: reject,
    });
  });
}
