import { ALGORITHMS, type Algorithm } from "./algorithms.ts";
import { invalidToken } from "./refusals.ts";
import { parseStrictObject } from "./strict-json.ts";

/** A token taken apart; nothing of it is verified. */
export interface ParsedToken {
  readonly algorithm: Algorithm;
  readonly kid: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature covers (RFC 7515 §5.1). */
  readonly signingInput: string;
}

/** Longer than any that has room in a head; in characters. */
export const MAX_TOKEN = 16_384;

/**
 * Takes a JWS in its compact form apart (RFC 7515 §7.1), strictly: one spelling, one reading. Of the header only `alg` and
 * `kid` count: keys that a token brings along, or says where to find, are never looked at. Throws GatewayError.
 */
export function parseToken(token: string, allowed: readonly Algorithm[]): ParsedToken {
  if (token.length > MAX_TOKEN) throw invalidToken("too_long");
  const parts = token.split(".", 4);
  const [header = "", payload = "", signature = ""] = parts;
  if (parts.length !== 3 || signature === "" || !isCanonical(signature)) throw invalidToken("malformed");
  const { alg, kid, crit, b64 } = parseObject(header);
  const algorithm = ALGORITHMS.find((name) => name === alg);
  if (algorithm === undefined || !allowed.includes(algorithm)) {
    throw invalidToken("algorithm");
  }
  // RFC 7515 §4.1.11: extensions that must be understood, and none is.
  if (crit !== undefined || b64 !== undefined) throw invalidToken("extension");
  if (kid !== undefined && typeof kid !== "string") throw invalidToken("malformed");
  return { algorithm, kid, claims: parseObject(payload), signingInput: `${header}.${payload}` };
}

function parseObject(part: string): Readonly<Record<string, unknown>> {
  try {
    if (!isCanonical(part)) throw new SyntaxError("expected base64url");
    return parseStrictObject(UTF8.decode(Buffer.from(part, "base64url")));
  } catch (cause) {
    throw invalidToken("malformed", cause);
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** RFC 4648 §3.5: other trailing bits, padding and blanks would be other spellings of the same token. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, "base64url").toString("base64url") === part;
}
