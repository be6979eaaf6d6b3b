import type { Socket } from "bun";

/** Stands between a client and a server on TCP, and lets what the server says wait. */
export interface SlowProxy extends Disposable {
  readonly port: number;
  /** Ms by which each piece of an answer is late; 0 at first. The order of the pieces stays. */
  delayMs: number;
}

/** What is still to be sent, one piece after the other. */
type Side = { other: Socket<Side> | undefined; early: Buffer[]; sending: Promise<void> };

export function startSlowProxy(serverPort: number): SlowProxy {
  let delayMs = 0;
  const open = new Set<Socket<Side>>();
  const close = (socket: Socket<Side>) => {
    open.delete(socket);
    socket.data.other?.end();
  };
  const server = {
    data({ data }: Socket<Side>, bytes: Buffer) {
      const { other } = data;
      const isDue = Bun.sleep(delayMs);
      data.sending = Promise.all([data.sending, isDue]).then(() => void other?.write(bytes));
    },
    close,
    error: close,
  };
  const listener = Bun.listen<Side>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      async open(client) {
        client.data = newSide(undefined);
        open.add(client);
        try {
          const data = newSide(client);
          const upstream = await Bun.connect<Side>({ hostname: "127.0.0.1", port: serverPort, data, socket: server });
          open.add(upstream);
          client.data.other = upstream;
          for (const bytes of client.data.early.splice(0)) upstream.write(bytes);
          if (!open.has(client)) upstream.end();
        } catch {
          client.end();
        }
      },
      data({ data }, bytes) {
        if (data.other === undefined) data.early.push(bytes);
        else data.other.write(bytes);
      },
      close,
      error: close,
    },
  });
  return {
    port: listener.port,
    get delayMs() {
      return delayMs;
    },
    set delayMs(ms) {
      delayMs = ms;
    },
    [Symbol.dispose]() {
      listener.stop(true);
      for (const socket of open) socket.end();
    },
  };
}

function newSide(other: Socket<Side> | undefined): Side {
  return { other, early: [], sending: Promise.resolve() };
}
