import { parseRequest, type RawRequest } from "../support/messages.ts";
import { sumOf } from "./content.ts";
import type { SoakUpstream } from "./upstreams.ts";

/** The trailer that a checksum travels in, both ways. */
export const SUM_TRAILER = "x-sum-behind";

/** Takes bodies in chunks whose checksum is in a trailer, and answers each with the same body, in chunks, and a trailer. */
export function startTrailing(): SoakUpstream {
  const faults: string[] = [];
  const server = Bun.listen<{ received: Buffer }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => {
        socket.data = { received: Buffer.alloc(0) };
      },
      data(socket, bytes) {
        const received = Buffer.concat([socket.data.received, bytes]);
        const parsed = parseRequest(received);
        socket.data.received = parsed === undefined ? received : Buffer.from(received.subarray(parsed.end));
        // Small enough for the kernel to take at once: no client sends more than it has read.
        if (parsed !== undefined) socket.write(answer(parsed.request, faults));
      },
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, faults, stop: () => server.stop(true) };
}

function answer({ body, trailers }: RawRequest, faults: string[]): Buffer {
  const sum = sumOf(body);
  const [found] = trailers.filter(([name]) => name === SUM_TRAILER);
  if (found?.[1] !== sum) faults.push(`a request's trailer says ${found?.[1]} instead of ${sum}`);
  return inChunks("HTTP/1.1 200 OK\r\n", body);
}

/** A message whose body goes in two chunks, with its checksum behind it. */
export function inChunks(start: string, body: Uint8Array): Buffer {
  const half = body.length >> 1;
  const chunks = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
  return Buffer.concat([
    Buffer.from(`${start}Trailer: ${SUM_TRAILER}\r\nTransfer-Encoding: chunked\r\n\r\n`),
    ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]),
    Buffer.from(`0\r\n${SUM_TRAILER}: ${sumOf(body)}\r\n\r\n`),
  ]);
}
