import { constants, type KeyObject, sign } from "node:crypto";

/** How a private key signs a token with an algorithm (RFC 7518 §3). */
interface Method {
  readonly type: string;
  readonly curve?: string;
  readonly hash: string | null;
  readonly padding?: number;
}

const METHODS: Readonly<Record<string, Method>> = {
  RS256: { type: "rsa", hash: "sha256" },
  RS384: { type: "rsa", hash: "sha384" },
  RS512: { type: "rsa", hash: "sha512" },
  PS256: { type: "rsa", hash: "sha256", padding: constants.RSA_PKCS1_PSS_PADDING },
  PS384: { type: "rsa", hash: "sha384", padding: constants.RSA_PKCS1_PSS_PADDING },
  PS512: { type: "rsa", hash: "sha512", padding: constants.RSA_PKCS1_PSS_PADDING },
  ES256: { type: "ec", curve: "prime256v1", hash: "sha256" },
  ES384: { type: "ec", curve: "secp384r1", hash: "sha384" },
  ES512: { type: "ec", curve: "secp521r1", hash: "sha512" },
  EdDSA: { type: "ed25519", hash: null },
};

/** What the key can sign with, the usual one first. */
export function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly string[] {
  return Object.entries(METHODS).flatMap(([name, { type, curve }]) => {
    const isCurve = curve === undefined || curve === asymmetricKeyDetails?.namedCurve;
    return type === asymmetricKeyType && isCurve ? [name] : [];
  });
}

/** A JSON Web Token in its compact form, for development and tests. Throws Error if the key is not for the algorithm. */
export function signToken(
  header: Readonly<Record<string, unknown>> & { readonly alg: string },
  claims: Readonly<Record<string, unknown>>,
  key: KeyObject,
): string {
  const method = algorithmsOf(key).includes(header.alg) ? METHODS[header.alg] : undefined;
  if (method === undefined) throw new Error(`the key is not for ${header.alg}`);
  const input = `${encoded({ ...header, typ: "JWT" })}.${encoded(claims)}`;
  const { hash, padding } = method;
  // RFC 7518 §3.5: the salt is as long as the hash.
  const pss = padding === undefined ? {} : { padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const signature = sign(hash, Buffer.from(input), { key, dsaEncoding: "ieee-p1363", ...pss });
  return `${input}.${signature.toString("base64url")}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
