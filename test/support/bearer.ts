import type { KeyObject } from "node:crypto";
import { signToken } from "../../src/identity/sign-token.ts";

/** The header of a caller whose token holds for an hour, signed with the private half of an RSA key. */
export function bearer(
  subject: string,
  key: KeyObject,
  claims: Readonly<Record<string, unknown>> = {},
): { readonly authorization: string } {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  return { authorization: `Bearer ${signToken({ alg: "RS256" }, { sub: subject, exp, ...claims }, key)}` };
}
