import { ChunkedDecoder } from "../../src/http1/chunked.ts";
import type { HeaderList } from "../../src/message/headers.ts";

/** What a decoder has made of some pieces. */
export interface Decoded {
  /** The content, latin1. */
  readonly content: string;
  readonly chunks: readonly Uint8Array[];
  readonly ends: number;
  readonly trailers: HeaderList | undefined;
  /** Where the body ended, from the first byte of the first piece; else all that was given. */
  readonly end: number;
}

/** Decodes pieces, latin1, one after the other. Throws what the decoder throws. */
export function decodePieces(pieces: readonly string[]): Decoded {
  const chunks: Uint8Array[] = [];
  let ends = 0;
  let trailers: HeaderList | undefined;
  const decoder = new ChunkedDecoder({
    onChunk: (data) => chunks.push(data),
    onEnd(received) {
      ends++;
      trailers = received;
    },
  });
  let end = 0;
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, "latin1");
    const taken = decoder.decode(bytes, 0);
    if (taken > bytes.length) throw new Error("the decoder has read past the end");
    end += taken;
    if (taken < bytes.length) break;
  }
  return { content: Buffer.concat(chunks).toString("latin1"), chunks, ends, trailers, end };
}

/** The text in two pieces, cut at every place, and in pieces of one byte. */
export function everyCut(text: string): string[][] {
  const cuts = Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]);
  return [...cuts, [...text]];
}
