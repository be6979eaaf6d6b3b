import { GatewayError } from "../errors.ts";
import { tokenTable } from "../http1/chars.ts";
import type { BodyFraming } from "../http1/incoming.ts";
import { ProtocolError } from "../http1/protocol-error.ts";
import type { RequestHead } from "../http1/request-head.ts";
import { normalizeAddress } from "../message/address.ts";
import type { Body } from "../message/body.ts";
import type { GatewayRequest, Peer, PeerCertificate } from "../message/request.ts";
import { resolveClient, stripDisguised, stripUntrusted } from "./forwarded.ts";
import type { WireSettings } from "./wire-settings.ts";

/** The client of a connection: of an untrusted peer it is the same for all its requests. */
export class WirePeer implements Peer {
  /** Of its listener when it was made: what says which peers are trusted. */
  readonly settings: WireSettings;
  readonly address: string;
  readonly port: number;
  readonly clientAddress: string;
  readonly isTrustedProxy: boolean;
  certificate: PeerCertificate | undefined = undefined;
  forwarded?: NonNullable<Peer["forwarded"]>;

  constructor(address: string, port: number, settings: WireSettings) {
    this.settings = settings;
    this.address = normalizeAddress(address) ?? address;
    this.port = port;
    this.clientAddress = this.address;
    this.isTrustedProxy = settings.trusted?.contains(this.address) === true;
  }

  /** The same peer by other settings; itself by the same. A request keeps the one that it came with. */
  by(settings: WireSettings): WirePeer {
    if (settings === this.settings) return this;
    const peer = new WirePeer(this.address, this.port, settings);
    peer.certificate = this.certificate;
    return peer;
  }
}

/** The request that a head makes. What only a trusted proxy may say is removed from any other's, what nobody may from all. */
export function toRequest(
  head: RequestHead,
  body: Body,
  peer: WirePeer,
  settings: WireSettings,
  version: string = head.minorVersion === 0 ? "1.0" : "1.1",
): GatewayRequest {
  const { method, path, query, headers } = head;
  const mayHaveProxyFields = headers.wire?.mayHaveProxyFields !== false;
  if (!peer.isTrustedProxy) {
    if (mayHaveProxyFields) stripUntrusted(headers);
    return { method, scheme: settings.scheme, host: head.host, path, query, version, headers, body, peer };
  }
  if (mayHaveProxyFields) stripDisguised(headers);
  const client = resolveClient(peer.address, headers, settings.trusted);
  return {
    method,
    scheme: client.scheme ?? settings.scheme,
    host: client.host ?? head.host,
    path,
    query,
    version,
    headers,
    body,
    peer: {
      address: peer.address,
      port: peer.port,
      clientAddress: client.clientAddress,
      isTrustedProxy: true,
      certificate: peer.certificate,
    },
  };
}

/** RFC 9112 §6.3: without either field a request has no body. */
export function bodyFramingOf(head: RequestHead): BodyFraming {
  return head.framing.isChunked ? "chunked" : (head.framing.contentLength ?? 0);
}

/** Refuses what no route is asked about: methods that a gateway does not serve, bodies over the limit. */
export function checkRequest(head: RequestHead, bodyLimit: number): void {
  if (head.method === "TRACE") {
    // It would send credentials back to whoever can make a browser ask (RFC 9110 §9.3.8).
    throw new GatewayError("method_not_allowed", {
      headers: { allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" },
    });
  }
  if ((head.framing.contentLength ?? 0) > bodyLimit) throw new GatewayError("payload_too_large");
}

/** Whether the client waits for 100 (RFC 9110 §10.1.1); throws `expectation_failed` for another expectation. */
export function isExpecting(head: RequestHead): boolean {
  const { expect } = head.framing;
  if (expect === undefined || head.minorVersion === 0) return false;
  if (expect.toLowerCase() !== "100-continue") throw new GatewayError("expectation_failed");
  return true;
}

/** What does not begin like a request line is none, however much of it comes: TLS on a plain port, for one. */
export function checkStart(bytes: Uint8Array): void {
  if (tokenTable[bytes[0] ?? 0] === 0) throw new ProtocolError("not an HTTP request");
}

/** RFC 9112 §9.3. */
export function isPersistent(head: RequestHead): boolean {
  return !head.framing.hasClose && (head.minorVersion === 1 || head.framing.hasKeepAlive);
}

/** What the client is told of a message that broke the protocol. */
export function refusalOf(error: unknown): GatewayError {
  if (error instanceof ProtocolError) return new GatewayError(error.code, { detail: error.message });
  return GatewayError.from(error);
}
