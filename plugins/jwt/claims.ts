import { type Claims, readClaim } from "../../src/plugin.ts";
import type { JwtOptions } from "./options.ts";
import { invalidToken, wrongType } from "./refusals.ts";

export type ClaimRules = Pick<JwtOptions, "issuer" | "audience" | "clock-tolerance" | "required-claims">;

/** Throws GatewayError unless the claims of a token are what they have to be (RFC 7519 §4.1). Answers its end, in ms since 1970. */
export type CheckClaims = (claims: Claims, nowMs: number) => number;

/** More would be no tolerance but another life. */
const MAX_TOLERANCE_MS = 600_000;

export function compileClaimCheck(rules: ClaimRules): CheckClaims {
  const toleranceMs = rules["clock-tolerance"];
  if (toleranceMs > MAX_TOLERANCE_MS) throw new Error("clock-tolerance: expected 10m at most");
  const required = rules["required-claims"];
  const issuers = setOf(rules.issuer);
  const audiences = setOf(rules.audience);
  return (claims, nowMs) => {
    for (const name of ["sub", "jti", "iss"]) {
      if (Object.hasOwn(claims, name) && typeof claims[name] !== "string") throw wrongType(name);
    }
    const exp = timeOf(claims, "exp");
    const nbf = timeOf(claims, "nbf");
    const iat = timeOf(claims, "iat");
    if (exp === undefined) throw invalidToken("no_expiry");
    if (exp + toleranceMs <= nowMs) throw invalidToken("expired");
    if (nbf !== undefined && nbf - toleranceMs > nowMs) throw invalidToken("not_yet_valid");
    if (iat !== undefined && iat - toleranceMs > nowMs) throw invalidToken("issued_in_future");
    if (issuers !== undefined && !issuers.has(claims.iss)) throw invalidToken("issuer");
    if (audiences !== undefined && !isFor(claims, audiences)) throw invalidToken("audience");
    for (const path of required) {
      if ((readClaim(claims, path) ?? undefined) === undefined) throw invalidToken("missing_claim");
    }
    return exp + toleranceMs;
  };
}

/** NumericDate (RFC 7519 §2), in ms. */
function timeOf(claims: Claims, name: "exp" | "nbf" | "iat"): number | undefined {
  if (!Object.hasOwn(claims, name)) return undefined;
  const value = claims[name];
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrongType(name);
  return value * 1_000;
}

/** RFC 7519 §4.1.3: a text, or a list of texts. */
function isFor({ aud }: Claims, audiences: ReadonlySet<unknown>): boolean {
  if (!Array.isArray(aud)) return audiences.has(aud);
  return aud.every((one) => typeof one === "string") && aud.some((one) => audiences.has(one));
}

function setOf(values: string | readonly string[] | undefined): ReadonlySet<unknown> | undefined {
  return values === undefined ? undefined : new Set([values].flat());
}
