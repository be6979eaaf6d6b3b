import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate and its key: the PEM files and their texts. */
export interface KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** Signs the other two. */
  readonly ca: KeyPair;
  /** For localhost, 127.0.0.1 and ::1, unless other names are asked for. */
  readonly server: KeyPair;
  readonly client: KeyPair;
}

export interface CertificateOptions {
  /** Subject alternative names of the server, as openssl spells them. */
  readonly names?: readonly string[];
  /** Days that the server's certificate is valid; 30 unless told. */
  readonly days?: number;
}

/** Makes an authority and certificates of P-256 keys in the folder, with the openssl command. */
export function makeCertificates(folder: string, options: CertificateOptions = {}): Certificates {
  const { names = ["DNS:localhost", "IP:127.0.0.1", "IP:::1"], days = 30 } = options;
  const ca = makePair(folder, "ca", ["-subj", "/CN=Test Authority", "-days", "30"]);
  const signed = ["-CA", ca.certFile, "-CAkey", ca.keyFile, "-addext", "basicConstraints=critical,CA:FALSE"];
  const san = `subjectAltName=${names.join(",")}`;
  return {
    ca,
    server: makePair(folder, "server", ["-subj", "/CN=server", "-days", `${days}`, ...signed, "-addext", san]),
    client: makePair(folder, "client", ["-subj", "/CN=client", "-days", "30", ...signed]),
  };
}

function makePair(folder: string, name: string, options: readonly string[]): KeyPair {
  const certFile = join(folder, `${name}.pem`);
  const keyFile = join(folder, `${name}.key`);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", keyFile];
  const made = Bun.spawnSync(["openssl", "req", "-x509", ...key, "-out", certFile, ...options]);
  if (!made.success) throw new Error(`openssl could not make the ${name} certificate: ${made.stderr}`);
  return { certFile, keyFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}
