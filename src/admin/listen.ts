import type { AnyElysia } from "elysia";

export interface AdminAddress {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** An admin port that answers. */
export interface AdminServer {
  readonly host: string;
  readonly port: number;
  /** Closes it and its connections. */
  stop(): Promise<void>;
}

/** More than any admin request has to say, in bytes. */
const MAX_BODY = 1_048_576;

/** A reload waits for its workers, and each for the plugins that it sets up: Bun gives a reply 10 s unless told. */
const IDLE_SECONDS = 90;

/** Listens for the admin app. Throws with the code EADDRINUSE or EACCES if the port cannot be had. */
export function startAdmin(app: AnyElysia, { host, port }: AdminAddress): AdminServer {
  const server = Bun.serve({
    hostname: host,
    port,
    development: false,
    // Outside development Bun shares ports unless told: a second gateway would silently get half of the requests.
    reusePort: false,
    maxRequestBodySize: MAX_BODY,
    idleTimeout: IDLE_SECONDS,
    fetch: (request) => app.fetch(request),
  });
  return { host, port: server.port ?? port, stop: () => server.stop(true) };
}
