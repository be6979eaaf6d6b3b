import { unpackDocument } from "../read.ts";
import { piecesOf } from "./pieces.ts";

declare const self: Worker;

/** The thread's side of `readInThread`: one document. Its pieces are handed over, not copied. */
self.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
  const pieces = piecesOf(unpackDocument(data).document);
  self.postMessage(pieces, pieces.buffer instanceof ArrayBuffer ? [pieces.buffer] : []);
};
