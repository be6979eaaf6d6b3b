import type { CredentialPlaces } from "../identity/credential.ts";
import type { AnswerHeader, PluginRefusal, SecurityScheme } from "./plugin-policy.ts";

/**
 * The security schemes of a credential that `compileCredential` finds in these places: NAME, NAME-cookie and NAME-query.
 *
 * @param bearerFormat what a bearer token is: JWT
 */
export function credentialSchemes(
  name: string,
  { header, scheme, cookie, query }: CredentialPlaces,
  bearerFormat?: string,
): Readonly<Record<string, SecurityScheme>> {
  return {
    ...(header !== undefined && { [name]: headerScheme(header.toLowerCase(), scheme, bearerFormat) }),
    ...(cookie !== undefined && { [`${name}-cookie`]: { type: "apiKey", in: "cookie", name: cookie } }),
    ...(query !== undefined && { [`${name}-query`]: { type: "apiKey", in: "query", name: query } }),
  };
}

function headerScheme(header: string, scheme: string | undefined, bearerFormat: string | undefined): SecurityScheme {
  if (scheme === undefined) return { type: "apiKey", in: "header", name: header };
  if (header !== "authorization") {
    return { type: "apiKey", in: "header", name: header, description: `After the word ${scheme} and a space.` };
  }
  const isBearer = scheme.toLowerCase() === "bearer";
  return {
    type: "http",
    // Programs look for these in small letters.
    scheme: isBearer || scheme.toLowerCase() === "basic" ? scheme.toLowerCase() : scheme,
    ...(isBearer && bearerFormat !== undefined && { bearerFormat }),
  };
}

/** The challenge that is with a refusal of credentials (RFC 9110 §11.6.1). */
export const CHALLENGED: Readonly<Record<string, AnswerHeader>> = {
  "WWW-Authenticate": { description: "The credentials that are wanted, and what was wrong with these." },
};

/** A refusal for a while says for how long (RFC 9110 §10.2.3). */
export const RETRY_AFTER: Readonly<Record<string, AnswerHeader>> = {
  "Retry-After": { description: "Seconds to wait before another try.", schema: { type: "integer", minimum: 0 } },
};

/** What `compileCredential` refuses by itself. */
export const TWO_CREDENTIALS: PluginRefusal = {
  code: "bad_request",
  when: "There are two credentials where one is expected.",
  headers: CHALLENGED,
};
