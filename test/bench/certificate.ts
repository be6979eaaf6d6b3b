import { type Certificate, SEARCH_PATH } from "./contender.ts";

/**
 * Makes a certificate of a P-256 key with the openssl command.
 *
 * @param dir an existing folder
 * @returns undefined if openssl is not installed
 * @throws Error with what openssl said if it failed
 */
export async function makeCertificate(dir: string): Promise<Certificate | undefined> {
  const openssl = Bun.which("openssl", { PATH: SEARCH_PATH });
  if (openssl === null) return undefined;
  const made = { certFile: `${dir}/cert.pem`, keyFile: `${dir}/key.pem`, pairFile: `${dir}/pair.pem` };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", made.keyFile];
  const subject = ["-subj", "/CN=bench", "-days", "30", "-addext", "subjectAltName=IP:127.0.0.1,DNS:api.example.com"];
  const run = Bun.spawnSync([openssl, "req", "-x509", ...key, "-out", made.certFile, ...subject]);
  if (!run.success) throw new Error(`openssl could not make a certificate: ${run.stderr.toString()}`);
  await Bun.write(made.pairFile, (await Bun.file(made.certFile).text()) + (await Bun.file(made.keyFile).text()));
  return made;
}
