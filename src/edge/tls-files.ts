import { readFile } from "node:fs/promises";
import { type CertificateInfo, readCertificate } from "../config/certificate.ts";
import { reasonOf } from "../config/file-path.ts";
import { pemTextFault } from "../config/pem-fault.ts";

/** The texts of a certificate and its key that fit each other, and what the certificate says. */
export interface KeyPair extends CertificateInfo {
  readonly cert: string;
  readonly key: string;
}

/** Why files cannot be used. */
export interface FileFault {
  readonly file: string;
  readonly reason: string;
  /** The same as long as the files have not changed. */
  readonly content: string;
}

/** The paths of a certificate and its key. */
export interface PairFiles {
  readonly cert: string;
  readonly key: string;
}

/** A pair that can be used, or why it cannot. `names` replaces those that the certificate is made out to. */
export function checkPair(files: PairFiles, texts: PairFiles, names?: readonly string[]): KeyPair | FileFault {
  const fault = pemTextFault(texts);
  const content = `${texts.cert}\n${texts.key}`;
  if (fault !== undefined) {
    return { file: fault.key === "key" ? files.key : files.cert, reason: fault.message, content };
  }
  try {
    const info = readCertificate(texts.cert);
    return { ...texts, ...info, names: names?.map((name) => name.toLowerCase()) ?? info.names };
  } catch {
    return { file: files.cert, reason: "the certificate cannot be understood", content };
  }
}

/** Authorities that can be used, or why they cannot. */
export function checkAuthorities(file: string, text: string): string | FileFault {
  const fault = pemTextFault({ ca: text });
  return fault === undefined ? text : { file, reason: fault.message, content: text };
}

/** The text of a file, or why it cannot be read. */
export async function readText(file: string): Promise<string | FileFault> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const reason = reasonOf(error);
    return { file, reason, content: reason };
  }
}
