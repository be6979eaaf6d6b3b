import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { rootCertificates } from "node:tls";
import { readCertificate } from "../config/certificate.ts";
import { reasonOf } from "../config/file-path.ts";
import type { Config } from "../config/schema.ts";
import type { Flags } from "./flags.ts";

/** The flags of every command that asks the admin port of a gateway, for one that serves https. */
export const ADMIN_FLAGS = { ca: "value", "client-cert": "value", "client-key": "value" } as const;

/** For the usage of a command. */
export const ADMIN_USAGE = "[--ca FILE] [--client-cert FILE --client-key FILE]";

/** Whom to trust, and what to show: paths of PEM files. */
export interface AdminAccess {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** What the flags say; relative paths start in that folder. */
export function adminAccess({ values }: Pick<Flags, "values">, cwd: string): AdminAccess {
  const fileOf = (flag: string) => {
    const path = values.get(flag)?.at(-1);
    return path === undefined ? undefined : resolve(cwd, path);
  };
  return { ca: fileOf("ca"), cert: fileOf("client-cert"), key: fileOf("client-key") };
}

/**
 * How the connection is to be made; undefined for plain HTTP. Without `ca` the certificates in `tls.cert` are trusted beside
 * the authorities that everybody trusts: that is enough for one that has signed itself, or brings its authority along. Throws an Error
 * with a text for people if a file cannot be read.
 */
export function adminTls({ tls }: Config["admin"], { ca, cert, key }: AdminAccess) {
  if (tls === undefined) return undefined;
  const own = read(tls.cert);
  const [name] = readCertificate(own).names;
  return {
    ca: ca === undefined ? [own, ...rootCertificates] : [read(ca)],
    // The address in the file is seldom what a certificate is made out to.
    ...(name === undefined ? {} : { serverName: name.replace("*", "admin") }),
    ...(cert === undefined ? {} : { cert: read(cert) }),
    ...(key === undefined ? {} : { key: read(key) }),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`${file}: ${reasonOf(error)}`);
  }
}
