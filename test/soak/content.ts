import { noise } from "../support/scripts.ts";

const SIZE = 4 * 1_048_576;
const SOURCE = noise(SIZE, 7);

/** The largest body there is. */
export const MOST_BYTES: number = SIZE / 2;

/** Bytes that are the same for the same place: what is lost, doubled or exchanged on the way shows. */
export function contentAt(place: number, length: number): Uint8Array {
  const start = place % (SIZE - MOST_BYTES);
  return SOURCE.subarray(start, start + length);
}

/** The checksum that goes with a body, as text. */
export function sumOf(bytes: Uint8Array): string {
  return `${bytes.length}-${Bun.hash.crc32(bytes).toString(16)}`;
}

/** The field that a checksum travels in, both ways. */
export const SUM_FIELD = "x-sum";
