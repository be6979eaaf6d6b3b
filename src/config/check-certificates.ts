import { readFileSync } from "node:fs";
import { type CertificateInfo, isServerName, readCertificate, wildcardOf } from "./certificate.ts";
import { pemFault } from "./pem-fault.ts";
import type { Severity } from "./problem.ts";
import type { ListenConfig } from "./schema.ts";

/** A mistake in the `tls` of a listener; `keys` leads to it from there. */
export interface TlsFault {
  readonly keys: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
  readonly severity?: Severity;
}

type Tls = NonNullable<ListenConfig["tls"]>;
/** What does not fit the schema was left out, and reported already. */
type DraftTls = Partial<Omit<Tls, "certificates">> & { readonly certificates?: readonly (Pair | undefined)[] };

interface Pair {
  readonly cert?: string;
  readonly key?: string;
  readonly names?: readonly (string | undefined)[];
}

/** What is wrong with the certificates of a listener, and with the names that they are for. */
export function certificateFaults(tls: DraftTls, nowMs: number): readonly TlsFault[] {
  const faults: TlsFault[] = [];
  const owners = new Map<string, string>();
  for (const [place, { keys, pair }] of placesOf(tls).entries()) {
    const at = (rest: readonly (string | number)[], fault: Omit<TlsFault, "keys">) =>
      faults.push({ keys: [...keys, ...rest], ...fault });
    const fault = pemFault(pair);
    if (fault !== undefined) at([fault.key], { message: fault.message });
    const info = fault?.key === "cert" ? undefined : infoOf(pair.cert);
    if (info !== undefined)
      for (const message of ageFaults(info, nowMs)) at(["cert"], { message, severity: "warning" });
    for (const [index, name] of (pair.names ?? []).entries()) {
      if (name === undefined) continue;
      const wrong = nameFault(name, info);
      if (wrong !== undefined) at(["names", index], wrong);
    }
    const names = pair.names?.map((name) => name?.toLowerCase() ?? "") ?? info?.names ?? [];
    if (place > 0 && info !== undefined && names.length === 0) {
      at(["cert"], { message: "this certificate is made out to no host name", hint: "say which it is for: names" });
    }
    const shared = names.find((name) => owners.has(name));
    if (shared !== undefined) {
      const message = `two certificates are for the name ${shared}: ${owners.get(shared)} is too`;
      at([pair.names === undefined ? "cert" : "names"], { message, hint: "say which names each is for: names" });
    }
    const label = place === 0 ? "tls.cert" : `certificates[${place - 1}]`;
    for (const name of names) if (!owners.has(name)) owners.set(name, label);
  }
  return faults;
}

function placesOf({ cert, key, certificates = [] }: DraftTls): readonly { keys: (string | number)[]; pair: Pair }[] {
  const first = { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  const others = certificates.map((pair, index) => ({ keys: ["certificates", index], pair: pair ?? {} }));
  return [{ keys: [], pair: first }, ...others];
}

function infoOf(file: string | undefined): CertificateInfo | undefined {
  try {
    return file === undefined ? undefined : readCertificate(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function ageFaults({ notBefore, notAfter }: CertificateInfo, nowMs: number): readonly string[] {
  if (nowMs > notAfter) return [`this certificate has expired on ${new Date(notAfter).toISOString()}`];
  return nowMs < notBefore ? [`this certificate is valid only from ${new Date(notBefore).toISOString()} on`] : [];
}

function nameFault(written: string, info: CertificateInfo | undefined): Omit<TlsFault, "keys"> | undefined {
  if (!isServerName(written)) {
    const message = `expected a host name, found ${JSON.stringify(written)}`;
    return { message, hint: "for example www.example.com or *.example.com" };
  }
  const name = written.toLowerCase();
  if (info === undefined || info.names.includes(name) || info.names.includes(wildcardOf(name) ?? name))
    return undefined;
  return { message: `the certificate is not made out to ${name}: clients will not accept it`, severity: "warning" };
}
