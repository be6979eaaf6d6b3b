import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";

/** Paths of TLS files, as a listener or a service names them. */
export interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface PemFault {
  readonly key: keyof TlsFiles;
  readonly message: string;
}

/** The first of the files that is no PEM, or the key if it is not the certificate's; undefined if all is well. */
export function pemFault({ ca, cert, key }: TlsFiles): PemFault | undefined {
  if (!isAccepted({ ca })) return { key: "ca", message: "no PEM certificates are in this file" };
  if (!isAccepted({ cert })) return { key: "cert", message: "no PEM certificate is in this file" };
  if (!isAccepted({ key })) return { key: "key", message: "no PEM key without a passphrase is in this file" };
  return isAccepted({ cert, key }) ? undefined : { key: "key", message: "this key is not the certificate's" };
}

function isAccepted({ ca, cert, key }: TlsFiles): boolean {
  try {
    createSecureContext({ ca: read(ca), cert: read(cert), key: read(key) });
    return true;
  } catch {
    return false;
  }
}

function read(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file, "utf8");
}
