import { type HeadBuffer, headBuffer } from "../../src/http1/head-buffer.ts";

/** A head as writers take it. */
export function composed(text: string): HeadBuffer {
  return headBuffer.begin().text(text);
}

/** What has been composed last, as latin1 text. */
export function composedText(): string {
  return headBuffer.copy().toString("latin1");
}
