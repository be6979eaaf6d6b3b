/** What begins a connection of HTTP/2 (RFC 9113 §3.4), with a SETTINGS frame that changes nothing. */
export const PREFACE = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame(4, 0, 0, Buffer.alloc(0)),
]);

export const END_STREAM = 1;
export const END_HEADERS = 4;

/** One frame (RFC 9113 §4.1). */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.byteLength, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A HEADERS frame with these fields as they are, also those that no client would send; a request without a body. */
export function headersFrame(
  stream: number,
  fields: readonly (readonly [string, string])[],
  flags = END_STREAM,
): Buffer {
  const block = Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]));
  return frame(1, flags | END_HEADERS, stream, block);
}

/** The kinds of the frames that have come for a stream: 0 DATA, 1 HEADERS, 3 RST_STREAM. */
export function framesOf(bytes: Buffer, stream: number): number[] {
  const types: number[] = [];
  for (let at = 0; at + 9 <= bytes.byteLength; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes.readUInt32BE(at + 5) === stream) types.push(bytes.readUInt8(at + 3));
  }
  return types;
}

/** A string without Huffman coding (RFC 7541 §5.2), of less than 127 + 128 octets. */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const length = bytes.byteLength < 127 ? Buffer.of(bytes.byteLength) : Buffer.of(127, bytes.byteLength - 127);
  return Buffer.concat([length, bytes]);
}
