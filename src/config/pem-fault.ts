import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";

/** TLS files, as a listener or a service names them: their paths, or their texts. */
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
  return pemTextFault({ ca: read(ca), cert: read(cert), key: read(key) });
}

/** The same of what was in the files. */
export function pemTextFault({ ca, cert, key }: TlsFiles): PemFault | undefined {
  if (!isAccepted({ ca })) return { key: "ca", message: "no PEM certificates are in this file" };
  if (!isAccepted({ cert })) return { key: "cert", message: "no PEM certificate is in this file" };
  if (!isAccepted({ key })) return { key: "key", message: "no PEM key without a passphrase is in this file" };
  return isAccepted({ cert, key }) ? undefined : { key: "key", message: "this key is not the certificate's" };
}

/** OpenSSL takes an empty text, and authorities that end in the middle, without a word. */
function isAccepted(texts: TlsFiles): boolean {
  if (Object.values(texts).some((text) => text !== undefined && !isWhole(text))) return false;
  try {
    createSecureContext({ ...texts });
    return true;
  } catch {
    return false;
  }
}

function isWhole(text: string): boolean {
  const begins = text.split("-----BEGIN ").length;
  return begins > 1 && begins === text.split("-----END ").length;
}

/** What cannot be read has no PEM in it. */
function read(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
