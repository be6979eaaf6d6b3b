import {
  type ClaimHeaders,
  type Context,
  type Credential,
  type Explanation,
  GatewayError,
  noBearer,
} from "../../src/plugin.ts";
import type { CheckAccess } from "./access.ts";
import type { ExaminedToken, Verifier } from "./verifier.ts";

interface Parts {
  readonly credential: Credential;
  readonly claimHeaders: ClaimHeaders;
  readonly verifier: Verifier;
  readonly checkAccess: CheckAccess | undefined;
  readonly isOptional: boolean;
  readonly isRevocable: boolean;
}

/** What would become of the request's token, as far as anyone can tell who asks nobody. */
export async function explainToken(ctx: Context, parts: Parts): Promise<Explanation> {
  parts.claimHeaders.clear(ctx.request.headers);
  try {
    const text = parts.credential.read(ctx);
    if (text !== undefined) return await explainText(ctx, text, parts);
    if (!parts.isOptional) throw noBearer();
    return { verdict: "passes", reason: "there is no token, and none is needed" };
  } catch (error) {
    if (error instanceof GatewayError) return refusalOf(error, {});
    throw error;
  }
}

async function explainText(
  ctx: Context,
  text: string,
  { claimHeaders, verifier, checkAccess, isRevocable }: Parts,
): Promise<Explanation> {
  const examined = await verifier.examine(text);
  const facts = factsOf(examined);
  try {
    checkAccess?.(examined.token);
    claimHeaders.set(ctx.request.headers, examined.token.principal);
  } catch (error) {
    if (error instanceof GatewayError) return refusalOf(error, facts);
    return { verdict: "refuses", status: 401, reason: "A claim of the token cannot be a header", facts };
  }
  ctx.principal = examined.token.principal;
  const open = [
    ...(examined.isSigned === undefined
      ? ["its signature was not checked: the keys are at a URL, which is not asked"]
      : []),
    ...(isRevocable ? ["whether it was revoked was not looked up"] : []),
  ];
  if (open.length > 0) return { verdict: "depends", reason: `the token is good; ${open.join("; ")}`, facts };
  return { verdict: "passes", reason: "the token is good, its signature too", facts };
}

function factsOf({ token, parsed, isSigned }: ExaminedToken): NonNullable<Explanation["facts"]> {
  const { principal, roles, endsAtMs } = token;
  const { iss, aud } = principal.claims;
  return {
    algorithm: parsed.algorithm,
    ...(parsed.kid !== undefined && { kid: parsed.kid }),
    principal: principal.id,
    ...(typeof iss === "string" && { issuer: iss }),
    ...(aud !== undefined && { audience: [aud].flat().map(String) }),
    // The end may be further away than a date can be.
    ...(endsAtMs < MOST_DATE_MS && { "ends-at": new Date(endsAtMs).toISOString() }),
    scopes: principal.scopes,
    roles,
    signature: isSigned === true ? "valid" : "not checked",
  };
}

/** ECMA-262 §21.4.1.1. */
const MOST_DATE_MS = 8_640_000_000_000_000;

function refusalOf({ status, message }: GatewayError, facts: NonNullable<Explanation["facts"]>): Explanation {
  return { verdict: "refuses", status, reason: message, facts };
}
