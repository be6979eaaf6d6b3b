/** UTF-16 units of what a client has written that are told back. */
const LONGEST = 200;

/** What a client has written, for a text that tells of it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
