import { createHash } from "node:crypto";
import { LATEST_MS } from "./latest.ts";

/** What can be revoked: one token by its id or itself, all of a subject that were issued before, all that a key has signed. */
export type RevocationKind = "jti" | "token" | "subject" | "kid";

export interface Revocation {
  readonly kind: RevocationKind;
  /** The id, the digest of a token, the subject or the key's id. */
  readonly value: string;
  /** Of a subject: tokens with an earlier `iat` are revoked. In seconds since 1970. */
  readonly before?: number;
}

/** A revocation, and how long it has to be kept. */
export interface RevocationRequest {
  readonly revocation: Revocation;
  /** Ms since 1970; undefined: until it is taken back. */
  readonly untilMs: number | undefined;
}

/** Clocks of gateways may differ so much: a token's revocation outlives the token by this, in ms. */
const SLACK_MS = 600_000;
/** Longer names have no token; in characters. */
const MAX_NAME = 4_096;
const MAX_TOKEN = 65_536;
const KINDS = ["jti", "token", "subject", "kid"] as const;
const KEYS: readonly string[] = [...KINDS, "before", "until"];

/**
 * One token among all. Of what its signature covers, not of its whole text: the last character of a signature has several
 * spellings, and an ECDSA signature has a twin that is valid too, but nobody can change what is signed.
 */
export function tokenDigest(signingInput: string): string {
  return createHash("sha256").update(signingInput).digest("base64url");
}

/**
 * Reads `{ jti | token | subject | kid, before?, until? }`; times are seconds since 1970 or texts of ISO 8601. Throws
 * Error with a text for people.
 */
export function parseRevocation(input: unknown, nowMs: number): RevocationRequest {
  if (typeof input !== "object" || input === null) throw new Error("expected an object");
  const fields = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  for (const name of fields.keys()) {
    if (!KEYS.includes(name)) throw new Error(`expected one of ${KEYS.join(", ")}, found ${JSON.stringify(name)}`);
  }
  const [kind, ...others] = KINDS.filter((one) => fields.has(one));
  if (kind === undefined || others.length > 0) throw new Error(`expected one of ${KINDS.join(", ")}`);
  const written = fields.get(kind);
  const most = kind === "token" ? MAX_TOKEN : MAX_NAME;
  if (typeof written !== "string" || written === "" || written.length > most) {
    throw new Error(`${kind}: expected a text of 1 to ${most} characters`);
  }
  if (kind !== "subject" && fields.has("before")) throw new Error("before: expected with a subject alone");
  const until = fields.has("until") ? timeOf("until", fields.get("until")) * 1_000 : undefined;
  if (until !== undefined && until <= nowMs) throw new Error("until: expected a time to come");
  if (kind === "token") return revokedToken(written, until);
  if (kind !== "subject") return { revocation: { kind, value: written }, untilMs: until };
  // A token of this very second is meant too, and `iat` has no parts of seconds.
  const before = fields.has("before") ? timeOf("before", fields.get("before")) : Math.floor(nowMs / 1_000) + 1;
  return { revocation: { kind, value: written, before }, untilMs: until };
}

function timeOf(name: string, value: unknown): number {
  const seconds = typeof value === "string" ? Date.parse(value) / 1_000 : value;
  // Whoever gives ms is told so: they would be a time some 50,000 years from now.
  if (typeof seconds === "number" && seconds > 0 && seconds * 1_000 <= LATEST_MS) return Math.ceil(seconds);
  throw new Error(`${name}: expected seconds since 1970, or a time such as 2030-01-31T12:00:00Z`);
}

/** The token need not be valid: it only has to be one. */
function revokedToken(token: string, until: number | undefined): RevocationRequest {
  const [header = "", payload = "", signature, ...rest] = token.trim().split(".");
  const claims = jsonOf(payload);
  if (signature === undefined || rest.length > 0 || jsonOf(header) === undefined || claims === undefined) {
    throw new Error("token: expected a JSON Web Token, as in eyJ….eyJ….…");
  }
  const { exp } = claims;
  const endsMs = typeof exp === "number" ? exp * 1_000 + SLACK_MS : Number.POSITIVE_INFINITY;
  const untilMs = until ?? (endsMs <= LATEST_MS ? endsMs : undefined);
  return { revocation: { kind: "token", value: tokenDigest(`${header}.${payload}`) }, untilMs };
}

function jsonOf(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
