import zlib, { type BrotliOptions, type ZlibOptions, type ZstdOptions } from "node:zlib";
import type { CompressionOptions, Encoding } from "./options.ts";

/** What node:zlib makes: takes content, gives it compressed. */
export type Encoder = zlib.Gzip | zlib.BrotliCompress | zlib.ZstdCompress;

/** One encoding at its level. */
export interface Coder {
  readonly encoding: Encoding;
  /** All at once, on this thread. */
  now(content: Uint8Array): Buffer;
  /** All at once, on another thread. */
  later(content: Uint8Array): Promise<Buffer>;
  /** As it comes. */
  open(): Encoder;
}

/** Looking back half a megabyte is enough for replies, and bounds what each stream holds. RFC 9659 allows zstd 8 MB. */
const WINDOW_BITS = 19;

/** Makes the coders of all encodings. */
export function createCoders(level: CompressionOptions["level"]): Readonly<Record<Encoding, Coder>> {
  const c = zlib.constants;
  const gzip: ZlibOptions = { level: level.gzip };
  const br: BrotliOptions = {
    params: { [c.BROTLI_PARAM_QUALITY]: level.br, [c.BROTLI_PARAM_LGWIN]: WINDOW_BITS },
  };
  const zstd: ZstdOptions = {
    params: { [c.ZSTD_c_compressionLevel]: level.zstd, [c.ZSTD_c_windowLog]: WINDOW_BITS },
  };
  return {
    gzip: {
      encoding: "gzip",
      now: (content) => zlib.gzipSync(content, gzip),
      later: (content) => promised((done) => zlib.gzip(content, gzip, done)),
      open: () => zlib.createGzip(gzip),
    },
    br: {
      encoding: "br",
      now: (content) => zlib.brotliCompressSync(content, br),
      later: (content) => promised((done) => zlib.brotliCompress(content, br, done)),
      open: () => zlib.createBrotliCompress(br),
    },
    zstd: {
      encoding: "zstd",
      now: (content) => zlib.zstdCompressSync(content, zstd),
      later: (content) => promised((done) => zlib.zstdCompress(content, zstd, done)),
      open: () => zlib.createZstdCompress(zstd),
    },
  };
}

function promised(run: (done: (error: Error | null, result: Buffer) => void) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => run((error, result) => (error === null ? resolve(result) : reject(error))));
}
