import type { Body } from "./body.ts";
import type { HeaderList } from "./headers.ts";

/** A certificate that one of the listener's `client-certificates` authorities has signed. */
export interface PeerCertificate {
  /** Of its subject; undefined if there is none, or more than one. */
  readonly commonName: string | undefined;
  /** SHA-256 of `raw`, as pairs of hexadecimal digits with colons between. */
  readonly fingerprint: string;
  /** The whole of it, in DER: what `new X509Certificate` of node:crypto takes. */
  readonly raw: Uint8Array;
}

/** The client as the gateway knows it. */
export interface Peer {
  /** The address of the other end of the connection. */
  readonly address: string;
  readonly port: number;
  /** The client's address: the peer's, or what a trusted proxy says of it in X-Forwarded-For or Forwarded. */
  readonly clientAddress: string;
  /** Whether the peer is one of `listen.trusted-proxies`. */
  readonly isTrustedProxy: boolean;
  /** What the peer has shown in the TLS handshake, if it was verified; also that of a trusted proxy. */
  readonly certificate?: PeerCertificate | undefined;
  /** What upstreams are told of this peer; kept by the core from one request of a connection to the next. */
  forwarded?: { readonly host: string; readonly scheme: string; readonly lines: string };
}

/**
 * A request as every edge hands it in. The path exists in one form, in which it is matched, authorised, keyed and
 * forwarded: dot segments resolved, percent-encoded unreserved characters decoded (RFC 3986 §6.2.2), `%2f` and `;`
 * as they came. The query is never touched.
 */
export interface GatewayRequest {
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Host and port as the client named them, in lower case. */
  readonly host: string;
  /** The one path form; begins with "/" (or is "*" for `OPTIONS *`). */
  readonly path: string;
  /** What follows the first "?", without it; undefined if there is no "?". */
  readonly query: string | undefined;
  /** HTTP version of the client's side, for logs and Via: "1.0", "1.1", "2" or "3". */
  readonly version: string;
  /** As received; plugins may change them before the request is forwarded. */
  readonly headers: HeaderList;
  /** May be replaced by a plugin. */
  body: Body;
  readonly peer: Peer;
}

/** What routes are chosen by. */
export type RoutedRequest = Pick<GatewayRequest, "method" | "host" | "path" | "query" | "headers">;
