import { createHash } from "node:crypto";
import type { Selection } from "../entry.ts";

/** Texts of any length as a key: parts cannot be taken for others, and nobody reads what they were. */
export function digestOf(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("base64url");
}

/** What is known of a URL: what its responses vary by, and under which generation they are stored. */
export const indexKey = (url: string): string => `index:${digestOf(url)}`;

/** A response of that generation. */
export function entryKey(generation: string, { owner, own, varyKey }: Selection): string {
  return `entry:${digestOf(generation, owner, own, varyKey)}`;
}

/** That there is nothing to store for such requests. */
export const refusalKey = (flight: string): string => `refused:${digestOf(flight)}`;

/** Who asks the service for such requests. */
export const lockKey = (flight: string): string => `lock:${digestOf(flight)}`;

/** Who changes what is known of a URL. */
export const indexLockKey = (url: string): string => `changing:${digestOf(url)}`;

/** The latest purges by prefix, by tag and of everything. */
export const PURGES = "purges";
