import type { KeyObject } from "node:crypto";

/** What an algorithm of RFC 7518 or RFC 8037 needs of a key. */
interface Need {
  /** As node:crypto calls it; "secret" for a shared one. */
  readonly type: "rsa" | "ec" | "ed25519" | "secret";
  readonly curve?: string;
  /** Of a secret (RFC 7518 §3.2). */
  readonly bytes?: number;
}

const RSA: Need = { type: "rsa" };
const ED25519: Need = { type: "ed25519" };

/** Every algorithm that can be allowed. `none` is no algorithm. */
const NEEDS = {
  RS256: RSA,
  RS384: RSA,
  RS512: RSA,
  PS256: RSA,
  PS384: RSA,
  PS512: RSA,
  ES256: { type: "ec", curve: "prime256v1" },
  ES384: { type: "ec", curve: "secp384r1" },
  ES512: { type: "ec", curve: "secp521r1" },
  EdDSA: ED25519,
  Ed25519: ED25519,
  HS256: { type: "secret", bytes: 32 },
  HS384: { type: "secret", bytes: 48 },
  HS512: { type: "secret", bytes: 64 },
} as const satisfies Record<string, Need>;

export type Algorithm = keyof typeof NEEDS;

export const ALGORITHMS = Object.keys(NEEDS) as readonly Algorithm[];

/** Shorter ones can be broken (RFC 7518 §3.3). */
export const MIN_RSA_BITS = 2_048;

/** Whether tokens of the algorithm can be verified with the key: one of another type never is. */
export function fits(key: KeyObject, algorithm: Algorithm): boolean {
  const need: Need = NEEDS[algorithm];
  if (key.type === "secret") return need.type === "secret" && (key.symmetricKeySize ?? 0) >= (need.bytes ?? 0);
  if (key.type !== "public" || key.asymmetricKeyType !== need.type) return false;
  return need.curve === undefined || key.asymmetricKeyDetails?.namedCurve === need.curve;
}

/** Bytes that a secret needs for the algorithm; undefined if it takes none. */
export function secretBytes(algorithm: Algorithm): number | undefined {
  const need: Need = NEEDS[algorithm];
  return need.bytes;
}

/** Why a public key must not be used, in words; undefined if it may. */
export function weakness({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType !== "rsa") return undefined;
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  return bits >= MIN_RSA_BITS ? undefined : `an RSA key of ${bits} bits is too weak: expected ${MIN_RSA_BITS} or more`;
}
