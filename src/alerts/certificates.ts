import { readFile } from "node:fs/promises";
import { readCertificate } from "../config/certificate.ts";
import type { Config } from "../config/schema.ts";

/** When a certificate of a port ends. */
export interface CertificateEnd {
  readonly file: string;
  /** Ms since 1970. */
  readonly notAfter: number;
}

const EVERY_MS = 300_000;

/** Reads the files of the certificates of all ports, the admin port's too, at most once in five minutes. What cannot be read is left out: the listener says so. */
export function certificateReader(now: () => number): (config: Config) => Promise<readonly CertificateEnd[]> {
  let readFor: Config | undefined;
  let readAt = 0;
  let ends: readonly CertificateEnd[] = [];
  return async (config) => {
    if (config === readFor && now() - readAt < EVERY_MS) return ends;
    readFor = config;
    readAt = now();
    const ports = [...config.listen, config.admin];
    const pairs = ports.flatMap(({ tls }) => (tls === undefined ? [] : [tls, ...tls.certificates]));
    const files = new Set(pairs.map(({ cert }) => cert));
    const read = await Promise.all([...files].map(readEnd));
    ends = read.flat();
    return ends;
  };
}

async function readEnd(file: string): Promise<readonly CertificateEnd[]> {
  try {
    return [{ file, notAfter: readCertificate(await readFile(file, "utf8")).notAfter }];
  } catch {
    return [];
  }
}
