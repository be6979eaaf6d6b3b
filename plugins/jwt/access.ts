import { bearerError } from "../../src/plugin.ts";
import type { JwtOptions } from "./options.ts";
import type { VerifiedToken } from "./verifier.ts";

/** Throws GatewayError `forbidden` if the token does not give what the route needs. */
export type CheckAccess = (token: VerifiedToken) => void;

/** All of the scopes, and one of the roles. Undefined if the route needs nothing. */
export function compileAccess({ scopes, roles }: Pick<JwtOptions, "scopes" | "roles">): CheckAccess | undefined {
  if (scopes.length === 0 && roles.length === 0) return undefined;
  const scope = scopes.length === 0 ? {} : { scope: scopes.join(" ") };
  return ({ principal, roles: held }) => {
    for (const one of scopes) {
      if (!principal.scopes.includes(one)) throw refusal("The token lacks a scope that is needed here", scope);
    }
    if (roles.length > 0 && !roles.some((one) => held.includes(one))) {
      throw refusal("The token has none of the roles that are needed here", scope);
    }
  };
}

function refusal(detail: string, scope: { readonly scope?: string }) {
  return bearerError("insufficient_scope", { detail, ...scope });
}
