/**
 * The same text by itself. As a part of a head it would keep all of the head in memory, and made of several, all of them.
 *
 * @param text of characters below U+0100, as fields are
 */
export function ownText(text: string): string {
  return text === "" ? "" : Buffer.from(text, "latin1").toString("latin1");
}
