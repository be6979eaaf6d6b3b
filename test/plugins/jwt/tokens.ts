import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** SPKI. */
  readonly pem: string;
}

function testKey(pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): TestKey {
  return { ...pair, pem: pair.publicKey.export({ format: "pem", type: "spki" }).toString() };
}

export const rsaKey = (bits = 2_048) => testKey(generateKeyPairSync("rsa", { modulusLength: bits }));
export const ecKey = (namedCurve = "P-256") => testKey(generateKeyPairSync("ec", { namedCurve }));
export const ed25519Key = () => testKey(generateKeyPairSync("ed25519"));

/** A key as a member of a key set. */
export function jwkOf(key: TestKey, members: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { ...key.publicKey.export({ format: "jwk" }), ...members };
}

export const RSA = rsaKey();
/** Seconds since 1970 on the clock of `testPlugin`. */
export const NOW = Date.UTC(2030, 0, 1) / 1_000;
export const CLAIMS = { sub: "ada", iat: NOW, exp: NOW + 300 };

export type Signer = (input: string) => Uint8Array;

export const rs256 =
  (key: KeyObject): Signer =>
  (input) =>
    sign("sha256", Buffer.from(input), key);
export const es256 =
  (key: KeyObject): Signer =>
  (input) =>
    sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
export const ed25519 =
  (key: KeyObject): Signer =>
  (input) =>
    sign(null, Buffer.from(input), key);
export const hs256 =
  (secret: string | Uint8Array): Signer =>
  (input) =>
    createHmac("sha256", secret).update(input).digest();

/** A token with these parts, valid or not: texts are taken as they are, anything else as JSON. */
export function makeToken(header: unknown, payload: unknown, signer: Signer): string {
  const part = (value: unknown) =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${Buffer.from(signer(input)).toString("base64url")}`;
}

/** A token that the key `RSA` has signed. */
export function rsaToken(
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
) {
  return makeToken({ alg: "RS256", ...header }, { ...CLAIMS, ...claims }, rs256(RSA.privateKey));
}

/** The same for a gateway whose clock is the machine's: valid for ten minutes, with an id of its own. */
export function currentToken(claims: Readonly<Record<string, unknown>> = {}): string {
  return rsaToken({ ...currentClaims(), ...claims });
}

export function currentClaims() {
  const now = Math.floor(Date.now() / 1_000);
  return { iat: now - 1, exp: now + 600, jti: crypto.randomUUID() };
}

/** The same token with another last character, which decodes to the same signature for a lenient reader. */
export function otherSpellings(token: string): string[] {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const bytes = (text: string) => Buffer.from(text.slice(text.lastIndexOf(".") + 1), "base64url").toString("hex");
  const spellings = [...alphabet].map((char) => token.slice(0, -1) + char);
  return spellings.filter((one) => one !== token && bytes(one) === bytes(token));
}

export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
