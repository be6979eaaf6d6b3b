import type { Script, UpstreamConnection } from "./upstream.ts";

export interface ResponseParts {
  readonly status?: number;
  readonly reason?: string;
  /** Further header lines, in order. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** The text of a response with a Content-Length; `body` is latin1. */
export function response(body = "", { status = 200, reason = "OK", headers = [] }: ResponseParts = {}): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${status} ${reason}\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** The text of a chunked response, one chunk for each part. */
export function chunkedResponse(chunks: readonly string[], { status = 200, headers = [] }: ResponseParts = {}): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const content = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
  return `HTTP/1.1 ${status} OK\r\n${lines}Transfer-Encoding: chunked\r\n\r\n${content}0\r\n\r\n`;
}

/** Answers every request with these bytes, whatever they are; a 200 with "ok" unless told. */
export function replies(bytes: string | Uint8Array = response("ok")): Script {
  return (_, connection) => connection.send(bytes);
}

/** Answers with the request as it came, so that a test can see what the gateway sent. */
export function echoes(): Script {
  return (request, connection) => connection.send(response(request.raw, { headers: [["Content-Type", "text/plain"]] }));
}

/** Never answers. */
export function hangs(): Script {
  return () => undefined;
}

/** Closes without a byte. */
export function closes(): Script {
  return (_, connection) => connection.close();
}

/** Resets without a byte. */
export function resets(): Script {
  return (_, connection) => connection.reset();
}

/** Sends these bytes and ends the connection: in the middle of a message, if the bytes do. */
export function closesAfter(bytes: string | Uint8Array, how: "close" | "reset" = "close"): Script {
  return async (_, connection) => {
    await connection.send(bytes);
    if (how === "close") connection.close();
    else connection.reset();
  };
}

/** Sends these bytes one by one, with pauses. */
export function drips(bytes: string, everyMs: number): Script {
  return (_, connection) => drip(connection, bytes, everyMs);
}

/** Answers with octets that are no HTTP, the same ones for the same seed. */
export function sendsGarbage(length = 1_000, seed = 1): Script {
  return (_, connection) => connection.send(noise(length, seed));
}

/** Sends text octet by octet, until the connection is gone. */
export async function drip(connection: UpstreamConnection, bytes: string, everyMs: number): Promise<void> {
  for (const octet of bytes) {
    if (connection.isClosed) return;
    await connection.send(octet);
    await Bun.sleep(everyMs);
  }
}

/** Sends that many bytes as fast as they are taken, in constant memory; ends early if the connection is gone. */
export async function flood(connection: UpstreamConnection, bytes: number): Promise<void> {
  const block = Buffer.alloc(65_536, "sluice ");
  for (let left = bytes; left > 0 && !connection.isClosed; left -= block.byteLength) {
    await connection.send(left < block.byteLength ? block.subarray(0, left) : block);
  }
}

/** Octets that look random and are the same for the same seed (mulberry32). */
export function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) & 0xff;
  });
}
