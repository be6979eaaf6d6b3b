import type { ListenConfig } from "../config/schema.ts";
import type { PeerCertificate } from "../message/request.ts";
import type { Credentials } from "./server-context.ts";

/** What Bun.listen is given for a listener that serves https. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** As the protocol numbers its versions (RFC 8446 §4.2.1). */
  readonly minVersion: number;
  /** Each name after its length (RFC 7301 §3.1). */
  readonly ALPNProtocols: string;
  /** The authorities of clients; no others are trusted. */
  readonly ca?: string;
  readonly requestCert?: boolean;
  /** Whether a client without a certificate of theirs is turned away. */
  readonly rejectUnauthorized?: boolean;
}

/** A client that names protocols, and none of these, is told so in the handshake. The first that it names too is chosen. */
const HTTP1 = "\x08http/1.1";
const HTTP2 = "\x02h2";
const VERSIONS = { "1.2": 0x0303, "1.3": 0x0304 } as const;

/** What Bun.listen is given to serve https with these credentials. */
export function serverTls(
  tls: NonNullable<ListenConfig["tls"]>,
  { pairs: [{ cert, key }], ca }: Credentials,
  hasHttp2: boolean,
): ServerTls {
  const minVersion = VERSIONS[tls["min-version"]];
  const own = { cert, key, minVersion, ALPNProtocols: hasHttp2 ? HTTP2 + HTTP1 : HTTP1 };
  const clients = tls["client-certificates"];
  if (clients === undefined || ca === undefined) return own;
  return { ...own, ca, requestCert: true, rejectUnauthorized: clients.mode === "required" };
}

/** The part of Bun's socket that knows about the other end's certificate. */
export interface TlsSocket {
  readonly authorized: boolean;
  getPeerCertificate(): { readonly subject?: unknown; readonly fingerprint256?: string; readonly raw?: Uint8Array };
}

/** The client's certificate, if one of the listener's authorities has signed it. */
export function verifiedCertificate(socket: TlsSocket): PeerCertificate | undefined {
  if (!socket.authorized) return undefined;
  const { subject, fingerprint256, raw } = socket.getPeerCertificate();
  if (fingerprint256 === undefined || raw === undefined) return undefined;
  return { commonName: commonNameOf(subject), fingerprint: fingerprint256, raw };
}

/** Of several there is no telling which is meant. */
function commonNameOf(subject: unknown): string | undefined {
  if (typeof subject !== "object" || subject === null || !("CN" in subject)) return undefined;
  return typeof subject.CN === "string" ? subject.CN : undefined;
}
