import { connect } from "./raw.ts";

/** A service for floods: the same reply for every path, as fast as it can, and nothing kept of the requests. */
export function startFloodable(reply: string): Disposable & { readonly url: string } {
  const bytes = Buffer.from(reply, "latin1");
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, chunk) {
        // Requests have no body, and come one at a time: what ends like a head ends a request.
        if (chunk.toString("latin1").endsWith("\r\n\r\n")) socket.write(bytes);
      },
    },
  });
  return { url: `http://127.0.0.1:${listener.port}`, [Symbol.dispose]: () => listener.stop(true) };
}

export interface Flood {
  readonly requests: number;
  /** The text of each. */
  readonly request: (index: number) => string;
  /** After each reply. */
  readonly onReply?: (index: number) => void;
}

const CONNECTIONS = 32;

/** Sends so many requests over 32 connections, each after the reply before it. Rejects on a reply that is not 200. */
export async function flood(port: number, { requests, request, onReply }: Flood): Promise<void> {
  let next = 0;
  const run = async () => {
    using client = await connect(port);
    while (next < requests) {
      const index = next++;
      const reply = await client.exchange(request(index), { timeout: 30_000 });
      if (reply.status !== 200) throw new Error(`request ${index}: ${reply.status}`);
      onReply?.(index);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, run));
}
