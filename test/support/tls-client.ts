import { type ConnectionOptions, connect } from "node:tls";

/** What a handshake came to. */
export interface Shown {
  /** SHA-256 of the server's certificate. */
  readonly fingerprint: string;
  readonly protocol: string | false | null;
  readonly version: string | null;
}

/** Shakes hands with a local port, asking for this name, or for none; "refused" if that fails. Trusts anybody. */
export async function shownBy(
  port: number,
  servername: string | undefined,
  options: Pick<ConnectionOptions, "ALPNProtocols" | "maxVersion"> = {},
): Promise<Shown | "refused"> {
  const { promise, resolve } = Promise.withResolvers<Shown | "refused">();
  const socket = connect({
    host: "127.0.0.1",
    port,
    servername: servername ?? "",
    rejectUnauthorized: false,
    ...options,
  });
  socket.on("secureConnect", () =>
    resolve({
      fingerprint: socket.getPeerCertificate().fingerprint256,
      protocol: socket.alpnProtocol,
      version: socket.getProtocol(),
    }),
  );
  socket.on("error", () => resolve("refused"));
  socket.on("close", () => resolve("refused"));
  return await promise.finally(() => socket.destroy());
}

/** How a request went, and the session that the next connection can offer. */
export interface Asked {
  readonly isAnswered: boolean;
  readonly isResumed: boolean;
  readonly session: Buffer | undefined;
}

/** Sends one request on a connection of its own, which offers this session; waits for a reply, or the end. Trusts anybody. */
export async function askOnce(
  port: number,
  request: string,
  { session: offered, ...own }: { readonly cert: string; readonly key: string; readonly session?: Buffer | undefined },
): Promise<Asked> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const offer = offered === undefined ? {} : { session: offered };
  const socket = connect({
    host: "127.0.0.1",
    port,
    servername: "localhost",
    rejectUnauthorized: false,
    ...own,
    ...offer,
  });
  let session: Buffer | undefined;
  socket.on("session", (given: Buffer) => {
    session = given;
  });
  socket.on("secureConnect", () => socket.write(request));
  socket.on("data", () => resolve(true));
  socket.on("error", () => resolve(false));
  socket.on("close", () => resolve(false));
  const isAnswered = await promise;
  const isResumed = socket.isSessionReused();
  socket.destroy();
  return { isAnswered, isResumed, session };
}
