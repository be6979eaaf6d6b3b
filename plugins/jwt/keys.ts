import { createHash, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type Algorithm, fits, secretBytes, weakness } from "./algorithms.ts";
import type { KeyOptions } from "./options.ts";

/** A key that tokens are verified with. */
export interface VerificationKey {
  /** A token that names a key is verified with a key of that name, or with one that has none. */
  readonly kid: string | undefined;
  /** The one algorithm that it is for, if it says so. */
  readonly algorithm: string | undefined;
  readonly key: KeyObject;
}

/** The keys with which a token of that algorithm and `kid` can be verified. */
export function selectKeys(
  keys: readonly VerificationKey[],
  algorithm: Algorithm,
  kid: string | undefined,
): readonly VerificationKey[] {
  return keys.filter((one) => {
    if (kid !== undefined && one.kid !== undefined && one.kid !== kid) return false;
    return (one.algorithm === undefined || one.algorithm === algorithm) && fits(one.key, algorithm);
  });
}

/** The keys that the configuration itself has. Rejects with an Error for people where keys and algorithms do not fit. */
export async function loadKeys(options: KeyOptions): Promise<readonly VerificationKey[]> {
  const { "public-key": given, secret, algorithms, jwks } = options;
  if (given === undefined && jwks === undefined && secret === undefined) {
    throw new Error("expected a key: public-key, jwks or secret");
  }
  const keys: VerificationKey[] = [];
  for (const { kid, source } of sourcesOf(given)) keys.push(...(await loadPem(kid, source)));
  if (secret !== undefined) keys.push(loadSecret(secret, algorithms));
  for (const { key } of keys) {
    if (algorithms.some((algorithm) => fits(key, algorithm))) continue;
    throw new Error(`public-key: the key is for none of the algorithms ${algorithms.join(", ")}: it is ${kindOf(key)}`);
  }
  checkAlgorithms(options, keys);
  return keys;
}

/** Paths of the files that public keys are in. */
export function keyFiles(options: KeyOptions): readonly string[] {
  const sources = sourcesOf(options["public-key"]).map(({ source }) => source);
  return sources.filter((source) => !isPem(source));
}

function sourcesOf(
  given: KeyOptions["public-key"],
): readonly { readonly kid: string | undefined; readonly source: string }[] {
  if (typeof given === "object" && !Array.isArray(given)) {
    return Object.entries(given).map(([kid, source]) => ({ kid, source }));
  }
  return [given ?? []].flat().map((source) => ({ kid: undefined, source }));
}

function isPem(source: string): boolean {
  return source.includes("-----BEGIN");
}

/** One text for the same keys under the same names: what tells whether a file holds others than before. */
export function fingerprintOf(keys: readonly VerificationKey[]): string {
  const hash = createHash("sha256");
  for (const { kid = "", key } of keys) {
    const content = key.type === "secret" ? key.export() : key.export({ type: "spki", format: "der" });
    hash.update(`${kid.length} ${kid} ${content.length} `).update(content);
  }
  return hash.digest("base64url");
}

/** Throws where an algorithm is allowed that no key is for. */
function checkAlgorithms({ algorithms, jwks }: KeyOptions, keys: readonly VerificationKey[]): void {
  for (const algorithm of algorithms) {
    const isSecret = secretBytes(algorithm) !== undefined;
    if ((jwks !== undefined && !isSecret) || keys.some(({ key }) => fits(key, algorithm))) continue;
    throw new Error(`algorithms: there is no key for ${algorithm}${isSecret ? "; its secret is `secret`" : ""}`);
  }
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----/gs;

/** A PEM text or the path of a file; it may hold several keys. */
async function loadPem(kid: string | undefined, source: string): Promise<readonly VerificationKey[]> {
  const isText = isPem(source);
  const name = isText ? "the PEM text" : basename(source);
  const text = isText ? source : await readFile(source, "utf8");
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0) throw new Error(`public-key: expected a PEM public key, found none in ${name}`);
  return blocks.map((block) => ({ kid, algorithm: undefined, key: publicKey(block, name) }));
}

function publicKey(pem: string, name: string): KeyObject {
  if (/^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem)) {
    throw new Error(`public-key: ${name} is a private key: only whoever makes tokens may have it`);
  }
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Error(`public-key: expected a PEM public key or certificate, found something else in ${name}`);
  }
  const weak = weakness(key);
  if (weak !== undefined) throw new Error(`public-key: ${weak} (${name})`);
  return key;
}

function loadSecret(secret: string, algorithms: readonly Algorithm[]): VerificationKey {
  const bytes = Buffer.from(secret);
  const needs = algorithms.flatMap((algorithm) => secretBytes(algorithm) ?? []);
  if (needs.length === 0) throw new Error("secret: expected with HS256, HS384 or HS512 among the algorithms");
  const need = Math.max(...needs);
  // The text is not told, nor how long it is.
  if (bytes.length < need) throw new Error(`secret: too short for the algorithms: expected ${need} bytes or more`);
  return { kid: undefined, algorithm: undefined, key: createSecretKey(bytes) };
}

function kindOf({ type, asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (type === "secret") return "a secret";
  const { namedCurve } = asymmetricKeyDetails ?? {};
  return `an ${asymmetricKeyType ?? "unknown"} key${namedCurve === undefined ? "" : ` on ${namedCurve}`}`;
}
