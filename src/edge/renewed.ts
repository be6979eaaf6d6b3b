import { type CertificateInfo, readCertificate, wildcardOf } from "../config/certificate.ts";

/** The names that a certificate is made out to, whatever the configuration says it is for. */
export function ownNames({ cert }: { readonly cert: string }): readonly string[] {
  return readCertificate(cert).names;
}

/**
 * The names that a certificate was good for and the one in its place is not. `wanted` are those that the configuration
 * says it is for; all of its own without.
 */
export function lostNames(
  before: readonly string[],
  after: readonly string[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  const relevant = wanted?.map((name) => name.toLowerCase()) ?? before;
  return relevant.filter((name) => covers(before, name) && !covers(after, name));
}

export function isValidAt({ notBefore, notAfter }: CertificateInfo, nowMs: number): boolean {
  return nowMs >= notBefore && nowMs <= notAfter;
}

function covers(names: readonly string[], name: string): boolean {
  return names.includes(name) || names.includes(wildcardOf(name) ?? name);
}
