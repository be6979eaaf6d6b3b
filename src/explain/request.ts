import type { ListenConfig } from "../config/schema.ts";
import { Context } from "../context.ts";
import { resolveClient, stripDisguised, stripUntrusted } from "../edge/forwarded.ts";
import { isToken } from "../http1/chars.ts";
import { ProtocolError } from "../http1/protocol-error.ts";
import { parseAuthority, parseTarget } from "../http1/target.ts";
import { parseAddress } from "../message/address.ts";
import { Body } from "../message/body.ts";
import { CidrSet } from "../message/cidr.ts";
import { HeaderList } from "../message/headers.ts";
import { percentEncode } from "../routing/path-pattern.ts";

/** A request as it is asked about. */
export interface AskedRequest {
  readonly method: string;
  /** Absolute, or a path with or without a query. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Address of the other end of the connection. */
  readonly from: string;
}

/** The request as the listener would hand it in, without a connection. A text says why it never would. */
export function contextOf(asked: AskedRequest, listen: ListenConfig): Context | string {
  try {
    return createContext(asked, listen);
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof TypeError) return error.message;
    throw error;
  }
}

function createContext({ method, url, headers: pairs, from }: AskedRequest, listen: ListenConfig): Context {
  if (!isToken(method)) throw new TypeError(`${JSON.stringify(method)} is no method`);
  if (!parseAddress(from, new Int32Array(4))) throw new TypeError(`${JSON.stringify(from)} is no address`);
  const target = parseTarget(method, percentEncode(url.replace(/#.*$/, "")));
  const headers = HeaderList.of(pairs);
  const hosts = headers.getAll("host");
  if (hosts.length > 1) throw new TypeError("there are two Host headers");
  const named = hosts[0] === undefined ? target.authority : parseAuthority(hosts[0]);
  const host = named ?? `localhost:${listen.port}`;
  headers.set("host", host);

  const trusted = new CidrSet(listen["trusted-proxies"]);
  const { clientAddress, isTrustedProxy, scheme, host: told } = resolveClient(from, headers, trusted);
  if (isTrustedProxy) stripDisguised(headers);
  else stripUntrusted(headers);
  const own = /^https:/i.test(url) || (target.authority === undefined && listen.tls !== undefined) ? "https" : "http";
  const request = {
    method,
    scheme: scheme ?? own,
    host: told ?? host,
    path: target.path,
    query: target.query,
    version: "1.1",
    headers,
    body: bodyOf(headers),
    peer: { address: from, port: 0, clientAddress, isTrustedProxy },
  } as const;
  return new Context(request, performance.now());
}

/** A body of that length that never comes: nobody reads it. */
function bodyOf(headers: HeaderList): Body {
  const length = headers.get("content-length");
  const isChunked = headers.has("transfer-encoding");
  if (isChunked && length !== undefined) throw new TypeError("there are Content-Length and Transfer-Encoding");
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new TypeError("Content-Length is no number");
  if (!isChunked && Number(length ?? 0) === 0) return Body.empty;
  const nothing = () => {};
  return Body.from({
    length: isChunked ? undefined : Number(length),
    start: nothing,
    resume: nothing,
    cancel: nothing,
  });
}
