import type { Principal } from "../../context.ts";
import { isSameSecret } from "../digest.ts";
import { atLatest } from "../latest.ts";

/** Who has a key and what it is good for. */
export interface KeyHolder {
  /** Who is calling: several keys may have one owner. */
  readonly owner?: string | undefined;
  readonly scopes: readonly string[];
  /** For limits that differ: `free`, `pro`. */
  readonly tier?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What is kept of a key: never the key itself. Times are ms since 1970. */
export interface KeyRecord extends KeyHolder {
  readonly id: string;
  /** SHA-256 of the key, in hexadecimal digits. */
  readonly hash: string;
  /** The one that was rotated out, and how long it still holds. */
  readonly previous?: { readonly hash: string; readonly endsAt: number } | undefined;
  readonly createdAt?: number | undefined;
  readonly rotatedAt?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly revokedAt?: number | undefined;
}

/** How a presented key stands to what is kept of its id. */
export type KeyVerdict = "valid" | "unknown" | "expired" | "revoked";

/** Judges a key by its hash. Only who has the secret learns that a key has expired or was revoked. */
export function judge(record: KeyRecord, hash: string, now: number): KeyVerdict {
  const isCurrent = isSameSecret(record.hash, hash);
  const { previous } = record;
  const isPrevious = previous !== undefined && isSameSecret(previous.hash, hash);
  if (!isCurrent && !isPrevious) return "unknown";
  if (record.revokedAt !== undefined) return "revoked";
  const isOver = record.expiresAt !== undefined && now >= record.expiresAt;
  const isRotatedOut = !isCurrent && previous !== undefined && now >= previous.endsAt;
  return isOver || isRotatedOut ? "expired" : "valid";
}

/** Who calls with that key. */
export function principalOf({ id, owner, scopes, tier, metadata }: KeyRecord, source: string): Principal {
  const claims = { key: id, owner, tier, metadata };
  return Object.freeze({ id: owner ?? id, source, scopes, claims: Object.freeze(claims) });
}

/** As people see it at the admin port: no hash. */
export function keyReport(
  { hash: _, previous, createdAt, rotatedAt, expiresAt, revokedAt, ...holder }: KeyRecord,
  now: number,
) {
  const status =
    revokedAt !== undefined ? "revoked" : expiresAt !== undefined && now >= expiresAt ? "expired" : "active";
  return {
    ...holder,
    status,
    createdAt: isoOf(createdAt),
    rotatedAt: isoOf(rotatedAt),
    previousUntil: previous === undefined || now >= previous.endsAt ? undefined : isoOf(previous.endsAt),
    expiresAt: isoOf(expiresAt),
    revokedAt: isoOf(revokedAt),
  };
}

export type KeyReport = ReturnType<typeof keyReport>;

function isoOf(ms: number | undefined): string | undefined {
  return ms === undefined || !Number.isFinite(ms) ? undefined : new Date(atLatest(ms)).toISOString();
}

/** A record as the store has it; undefined if the text is none. */
export function parseRecord(text: string): KeyRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Fails closed: what would decide about a key has to be there in its form. */
function isRecord(value: unknown): value is KeyRecord {
  if (typeof value !== "object" || value === null) return false;
  const { id, hash, owner, scopes, tier, metadata, previous, expiresAt } = value as Record<string, unknown>;
  const hasTexts = typeof id === "string" && typeof hash === "string" && Array.isArray(scopes);
  const isHolder = isOptional("string", owner) && isOptional("string", tier) && typeof metadata === "object";
  return hasTexts && isHolder && isOptional("number", expiresAt) && isOptional("object", previous);
}

function isOptional(type: "string" | "number" | "object", value: unknown): boolean {
  return value === undefined || (typeof value === type && value !== null);
}
