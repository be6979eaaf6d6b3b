import { X509Certificate } from "node:crypto";

/** What a certificate says of itself. */
export interface CertificateInfo {
  /** Host names that it is made out to, in small letters; `*.example.com` is any one label before the rest. */
  readonly names: readonly string[];
  /** Ms since 1970. */
  readonly notBefore: number;
  /** Ms since 1970. */
  readonly notAfter: number;
}

/** Reads the first certificate of a PEM text. Throws if there is none. */
export function readCertificate(pem: string): CertificateInfo {
  const certificate = new X509Certificate(pem);
  return {
    names: dnsNames(certificate.subjectAltName ?? ""),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
  };
}

/** A host name, or one with `*` as its first label (RFC 9525 §6.3). */
export function isServerName(text: string): boolean {
  return text.length <= 253 && NAME.test(text);
}

/** The wildcard that a host name falls under: `*.example.com` of `www.example.com`; undefined if it has no dot. */
export function wildcardOf(name: string): string | undefined {
  const dot = name.indexOf(".");
  return dot === -1 ? undefined : `*${name.slice(dot)}`;
}

const NAME = /^(?:\*\.)?(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;

/** Clients do not send addresses as names (RFC 6066 §3), and an entry in quotes is no host. */
function dnsNames(subjectAltName: string): readonly string[] {
  const names = subjectAltName.split(", ").filter((entry) => entry.startsWith("DNS:"));
  return names.map((entry) => entry.slice(4).toLowerCase()).filter(isServerName);
}
