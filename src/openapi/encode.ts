import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Something that is published, in every encoding in which clients may want it. */
export interface Encoded {
  /** Of the plain form; those of the others end differently (RFC 9110 §8.8.3). */
  readonly tag: string;
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array;
  readonly br: Uint8Array;
}

/** Higher levels of Brotli take ten times as long for a twentieth less. */
export const BROTLI_QUALITY = 5;

/** Compresses a text. It takes its time: tens of ms for each megabyte, in a thread of its own. */
export function encode(text: string): Encoded {
  const plain = own(Buffer.from(text));
  const tag = tagOf(plain);
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  return { tag, plain, gzip: own(gzipSync(plain)), br: own(brotliCompressSync(plain, { params })) };
}

/** Bytes with a buffer of their own: short ones share one with others, which cannot be handed to another thread. */
export function own(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

/** The same for the same bytes, in every process. */
export function tagOf(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("base64url").slice(0, 22);
}
