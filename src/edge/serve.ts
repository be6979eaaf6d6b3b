import { type AnyElysia, Elysia } from "elysia";
import type { KeyPair } from "./tls-files.ts";

/** Answers a request as Bun hands it over; never rejects. */
export type Responder = (request: Request) => Response | Promise<Response>;

/** The part of Bun's server that the edge uses. */
export interface Served {
  readonly port: number;
  /** The other end of the request's connection; undefined when that is gone. */
  peerOf(request: Request): { readonly address: string; readonly port: number } | undefined;
  /** Takes no more requests and resolves when those under way are answered; `isNow` cuts them. */
  stop(isNow: boolean): Promise<void>;
}

/** Any size: the gateway counts a body itself, to answer in its own words. */
const MAX_BODY = Number.MAX_SAFE_INTEGER;
/**
 * A connection of HTTP/3 without a packet for so long is dropped; Bun takes no more. It makes no difference to Bun
 * whether requests are under way, so any less would cut quiet streams.
 */
const MAX_IDLE_SECONDS = 255;
/** No path is Elysia's to match, no body Elysia's to parse, no route any document's. */
const ROUTE = { parse: "none", detail: { hide: true } } as const;

/** HTTP/2 without TLS, on a port of the loopback interface that only the gateway itself is answered on. */
export function serveHttp2(respond: Responder): Served {
  const app = createApp(respond);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    http2: true,
    http1: false,
    development: false,
    reusePort: false,
    maxRequestBodySize: MAX_BODY,
    // The listener, which has the client's connection, knows when it has been idle for too long.
    idleTimeout: 0,
    fetch: (request) => app.fetch(request),
  });
  return served(server);
}

export interface Http3Options {
  readonly host: string;
  readonly port: number;
  /** The default first. */
  readonly pairs: readonly KeyPair[];
  /** Other processes of the gateway listen on it, too. */
  readonly isShared: boolean;
}

/** One entry for each name, since Bun looks for a certificate by its entry's; the first pair is for all other names. */
function tlsEntries({ cert, key, names }: KeyPair, index: number): Bun.TLSOptions[] {
  if (index === 0) return [{ cert, key }];
  return names.map((serverName) => ({ cert, key, serverName }));
}

/** HTTP/3 on a UDP port. Throws if it cannot be had. */
export function serveHttp3({ host, port, pairs, isShared }: Http3Options, respond: Responder): Served {
  const app = createApp(respond);
  const server = Bun.serve({
    hostname: host,
    port,
    http3: true,
    http1: false,
    tls: pairs.flatMap(tlsEntries),
    development: false,
    reusePort: isShared,
    maxRequestBodySize: MAX_BODY,
    idleTimeout: MAX_IDLE_SECONDS,
    fetch: (request) => app.fetch(request),
  });
  return served(server);
}

function createApp(respond: Responder): AnyElysia {
  return new Elysia({ handler: { standardHostname: false } }).all("/*", ({ request }) => respond(request), ROUTE);
}

function served(server: Bun.Server<undefined>): Served {
  return {
    port: server.port ?? 0,
    peerOf: (request) => server.requestIP(request) ?? undefined,
    stop: (isNow) => server.stop(isNow),
  };
}
