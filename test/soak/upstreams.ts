import { contentAt, SUM_FIELD, sumOf } from "./content.ts";

/** A service of the soak. */
export interface SoakUpstream {
  readonly url: string;
  /** What it has got that no client can have sent. */
  readonly faults: readonly string[];
  stop(): void;
}

/** Serves `/bytes/PLACE/LENGTH`, with `?chunked` in pieces, checks what is sent to `/sum`, and echoes on `/socket`. */
export function startSound(): SoakUpstream {
  const faults: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 255,
    fetch: (request, self) => (self.upgrade(request) ? undefined : answer(request, faults)),
    error: () => new Response("the body did not come", { status: 400 }),
    websocket: {
      message(socket, message) {
        if (message === "close") socket.close(4_001, "asked for");
        else socket.send(message);
      },
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, faults, stop: () => void server.stop(true) };
}

async function answer(request: Request, faults: string[]): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const [, kind, place, length] = pathname.split("/");
  if (kind === "sum") {
    const sum = sumOf(await request.bytes());
    const wanted = request.headers.get(SUM_FIELD);
    if (sum !== wanted) faults.push(`a request's body came with the sum ${sum} instead of ${wanted}`);
    return new Response(sum);
  }
  const bytes = contentAt(Number(place), Number(length));
  const headers = { [SUM_FIELD]: sumOf(bytes) };
  return new Response(search === "?chunked" ? inPieces(bytes) : bytes, { headers });
}

function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const next = bytes.subarray(at, at + 30_000);
      at += next.length;
      if (next.length === 0) controller.close();
      else controller.enqueue(next);
    },
  });
}

/** How `/faulty/NAME` fails: what it sends before it closes or resets. */
const FAULTS: Readonly<Record<string, { readonly sends: string; readonly resets?: true }>> = {
  close: { sends: "" },
  reset: { sends: "", resets: true },
  garbage: { sends: "\x16\x03\x01 this is no HTTP\r\n\r\n" },
  head: { sends: "HTTP/1.1 200 OK\r\nContent-Le" },
  short: { sends: "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nonly this" },
  chunk: { sends: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\nonly this" },
  badchunk: { sends: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloworld" },
};

/** The names of the faults. */
export const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);

/** Fails every request, in the way that its path names. */
export function startFaulty(): SoakUpstream {
  const faults: string[] = [];
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, chunk) {
        const name = /^GET \/faulty\/(\w+) /.exec(chunk.toString("latin1"))?.[1] ?? "";
        const fault = FAULTS[name];
        if (fault === undefined) faults.push(`a request that nobody sent: ${chunk.toString("latin1", 0, 60)}`);
        if (fault !== undefined && fault.sends !== "") socket.write(Buffer.from(fault.sends, "latin1"));
        if (fault?.resets === true) socket.terminate();
        else socket.end();
      },
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, faults, stop: () => server.stop(true) };
}
