/** What may stand between a key and the text that is its value, in JSON and in YAML: quotes, blanks, line ends, a colon. */
const BETWEEN = new Set([...`"': \t\r\n`].map((char) => char.charCodeAt(0)));
const KEY = "$ref";
const HASH = 0x23;
/** Of a piece, what may belong to a reference that ends in the next one. */
const SEAM = 64;

/**
 * Tells whether a document, given in pieces, may have a reference that leads out of it. It looks for the letters alone, so that
 * requests do not wait for megabytes to be read; whoever parses the document decides.
 */
export class ReferenceScan {
  #isFound = false;
  #seam: Uint8Array = new Uint8Array();

  get isFound(): boolean {
    return this.#isFound;
  }

  add(piece: Uint8Array): void {
    if (this.#isFound) return;
    this.#isFound = leadsOut(Buffer.concat([this.#seam, piece.subarray(0, SEAM)])) || leadsOut(asBuffer(piece));
    this.#seam = piece.length < SEAM ? Buffer.concat([this.#seam, piece]).subarray(-SEAM) : piece.slice(-SEAM);
  }
}

function leadsOut(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(KEY); at >= 0; at = bytes.indexOf(KEY, at + 1)) {
    let next = at + KEY.length;
    while (next < bytes.length && BETWEEN.has(bytes[next] ?? 0)) next++;
    // At the end of a piece nobody knows yet: the seam has it.
    if (next < bytes.length && bytes[next] !== HASH) return true;
  }
  return false;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
