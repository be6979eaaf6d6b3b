import { bearerError, type GatewayError } from "../../src/plugin.ts";

/** Why a token is refused: what its bearer is told, under the word that metrics have for it. */
const DETAILS = {
  malformed: "The token is malformed",
  too_long: "The token is too long",
  algorithm: "The token's algorithm is not allowed",
  extension: "The token needs an extension that is not known",
  unknown_key: "The token is signed with an unknown key",
  signature: "The token's signature is not valid",
  no_expiry: "The token has no exp",
  expired: "The token has expired",
  not_yet_valid: "The token is not valid yet",
  issued_in_future: "The token was issued in the future",
  issuer: "The token is from another issuer",
  audience: "The token is for another audience",
  missing_claim: "The token lacks a required claim",
  revoked: "The token has been revoked",
  claim: "A claim of the token cannot be a header",
} as const;

/** A reason to refuse a token. */
export type Refusal = keyof typeof DETAILS;

/** All of them. */
export const REFUSALS = Object.keys(DETAILS) as readonly Refusal[];

const BY_DETAIL: ReadonlyMap<string | undefined, Refusal> = new Map(
  REFUSALS.map((reason) => [DETAILS[reason], reason]),
);

/** The error for a token that is refused for that reason. */
export function invalidToken(reason: Refusal, cause?: unknown): GatewayError {
  return bearerError("invalid_token", { detail: DETAILS[reason], cause });
}

/** The error for a claim whose value is no such claim's. */
export function wrongType(claim: string): GatewayError {
  return bearerError("invalid_token", { detail: `The token's ${claim} is of the wrong type` });
}

/** Why an error that this plugin has made refuses the token; what nobody has named is the fault of a claim. */
export function reasonOf({ detail }: GatewayError): Refusal {
  return BY_DETAIL.get(detail) ?? "claim";
}
