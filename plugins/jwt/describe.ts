import {
  CHALLENGED,
  type CredentialPlaces,
  credentialSchemes,
  type PluginPolicy,
  type PluginRefusal,
  TWO_CREDENTIALS,
} from "../../src/plugin.ts";
import { isUrl, type JwtOptions, jwksOptions } from "./options.ts";

/** What clients have to know of the tokens that a route wants. */
export function describe(options: JwtOptions, places: CredentialPlaces): PluginPolicy {
  const { scopes, roles, optional, jwks, blacklist } = options;
  const refusals: PluginRefusal[] = [
    TWO_CREDENTIALS,
    {
      code: "unauthenticated",
      when: optional ? "The token is not valid." : "There is no token, or it is not valid.",
      headers: CHALLENGED,
    },
  ];
  if (scopes.length + roles.length > 0) {
    refusals.push({ code: "forbidden", when: "The token does not give what is needed here.", headers: CHALLENGED });
  }
  if (jwks !== undefined && isUrl(jwksOptions(jwks).from)) {
    refusals.push({ code: "identity_unavailable", when: "Keys of tokens cannot be read." });
  }
  if (blacklist !== undefined && blacklist["store-failure"] !== "allow") {
    refusals.push({ code: "store_unavailable", when: "Nobody can tell whether the token was revoked." });
  }
  return {
    security: { schemes: credentialSchemes("jwt", places, "JWT"), scopes, isOptional: optional },
    refusals,
    notes:
      roles.length === 0
        ? []
        : [`Needs a token with ${roles.length === 1 ? "the role" : "one of the roles"} ${roles.join(", ")}.`],
  };
}
