import { Context, type Principal, type RouteInfo } from "../context.ts";
import { Body } from "../message/body.ts";
import { HeaderList } from "../message/headers.ts";
import type { GatewayRequest, Peer } from "../message/request.ts";

/** A request of a test; what is left out is that of `GET http://gateway.test/` from 192.0.2.1. */
export interface TestRequest {
  readonly method?: string;
  /** Path, and a query after a "?". */
  readonly path?: string;
  readonly scheme?: GatewayRequest["scheme"];
  readonly host?: string;
  /** Pairs where a name occurs twice. */
  readonly headers?: Parameters<typeof HeaderList.of>[0];
  /** A stream's length is unknown until it has been read. */
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array> | Body;
  readonly peer?: Partial<Peer>;
  /** What the route's path matched. */
  readonly params?: Readonly<Record<string, string>>;
  /** As if an authenticating plugin had set it before. */
  readonly principal?: Principal;
}

/** The record of such a request on that route. */
export function createContext(init: TestRequest, route: RouteInfo | undefined, service: string | undefined): Context {
  const ctx = new Context(createRequest(init), performance.now());
  ctx.route = route;
  ctx.service = service;
  if (init.params !== undefined) ctx.params = init.params;
  ctx.principal = init.principal;
  return ctx;
}

function createRequest(init: TestRequest): GatewayRequest {
  const { method = "GET", path: target = "/", scheme = "http", host = "gateway.test" } = init;
  const headers = HeaderList.of(init.headers ?? {});
  if (!headers.has("host")) headers.set("host", host);
  const mark = target.indexOf("?");
  return {
    method,
    scheme,
    host,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? undefined : target.slice(mark + 1),
    version: "1.1",
    headers,
    body: toBody(init.body),
    peer: createPeer(init.peer ?? {}),
  };
}

function createPeer({
  address = "192.0.2.1",
  port = 50_000,
  clientAddress,
  isTrustedProxy = false,
}: Partial<Peer>): Peer {
  return { address, port, clientAddress: clientAddress ?? address, isTrustedProxy };
}

function toBody(content: TestRequest["body"]): Body {
  if (content === undefined) return Body.empty;
  if (content instanceof Body) return content;
  return content instanceof ReadableStream ? Body.fromStream(content) : Body.of(content);
}
