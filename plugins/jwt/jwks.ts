import { createPublicKey, type KeyObject } from "node:crypto";
import { weakness } from "./algorithms.ts";
import type { VerificationKey } from "./keys.ts";

/** More keys have no provider. */
const MAX_KEYS = 100;

export interface KeySet {
  readonly keys: readonly VerificationKey[];
  /** What of the set was left out, in words: keys that are too weak, and private ones. */
  readonly faults: readonly string[];
}

/**
 * Reads a JSON Web Key Set (RFC 7517 §5). Keys for other purposes, of unknown types and secrets are passed over: a secret
 * that is published is none, and a private key that is published lets anybody make tokens. Throws Error if nothing is left.
 */
export function parseKeySet(text: string): KeySet {
  const set: unknown = JSON.parse(text);
  if (!isObject(set) || !Array.isArray(set.keys)) throw new Error("expected a JSON Web Key Set: an object with keys");
  if (set.keys.length > MAX_KEYS) throw new Error(`expected at most ${MAX_KEYS} keys, found ${set.keys.length}`);
  const keys: VerificationKey[] = [];
  const faults: string[] = [];
  for (const jwk of set.keys) {
    const key = isObject(jwk) && isForVerifying(jwk) ? importKey(jwk) : undefined;
    if (key === undefined) continue;
    // `d` is the private part of all three types (RFC 7518 §6.2.2.1, §6.3.2.1; RFC 8037 §2).
    const fault = jwk.d === undefined ? weakness(key) : "it is a private key, with which anybody can make tokens";
    const kid = textOf(jwk.kid);
    if (fault !== undefined) faults.push(`key ${JSON.stringify(kid ?? "")}: ${fault}`);
    else keys.push({ kid, algorithm: textOf(jwk.alg), key });
  }
  if (keys.length === 0) throw new Error(["expected keys for signatures, found none", ...faults].join("; "));
  return { keys, faults };
}

/** RFC 7517 §4.2, §4.3. */
function isForVerifying({ use, key_ops: operations }: Record<string, unknown>): boolean {
  if (use !== undefined && use !== "sig") return false;
  return !Array.isArray(operations) || operations.includes("verify");
}

function importKey(jwk: Record<string, unknown>): KeyObject | undefined {
  if (jwk.kty !== "RSA" && jwk.kty !== "EC" && jwk.kty !== "OKP") return undefined;
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
