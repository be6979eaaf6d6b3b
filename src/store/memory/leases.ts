import type { MemoryTable } from "./table.ts";
import { otherKind } from "./values.ts";

/** Takes one of a semaphore's places: how many are in use with it; 0 if none was free. Throws StoreError. */
export function takeLease(
  table: MemoryTable,
  key: string,
  token: string,
  { limit, leaseMs }: { readonly limit: number; readonly leaseMs: number },
  now: number,
): number {
  const tokens = leasesOf(table, key, now);
  if (tokens.size >= limit) return 0;
  hold(table, key, tokens, token, now + leaseMs, now);
  return tokens.size;
}

/** False if its time was over. */
export function renewLease(table: MemoryTable, key: string, token: string, leaseMs: number, now: number): boolean {
  const tokens = leasesOf(table, key, now);
  if (!tokens.has(token)) return false;
  hold(table, key, tokens, token, now + leaseMs, now);
  return true;
}

/** False if its time was over before. */
export function releaseLease(table: MemoryTable, key: string, token: string, now: number): boolean {
  const tokens = leasesOf(table, key, now);
  const wasHeld = tokens.delete(token);
  if (tokens.size === 0) table.delete(key, now);
  return wasHeld;
}

/** The ends of those whose time is not over, by their tokens. */
export function leasesOf(table: MemoryTable, key: string, now: number): Map<string, number> {
  const value = table.get(key, now)?.value;
  if (value !== undefined && value.kind !== "leases") throw otherKind();
  const tokens = value?.tokens ?? new Map<string, number>();
  for (const [token, endsAt] of tokens) {
    if (endsAt <= now) tokens.delete(token);
  }
  return tokens;
}

function hold(
  table: MemoryTable,
  key: string,
  tokens: Map<string, number>,
  token: string,
  endsAt: number,
  now: number,
): void {
  const last = Math.max(endsAt, ...tokens.values());
  // Whatever fails, fails before the place is taken.
  table.set(key, { kind: "leases", tokens }, last, now);
  tokens.set(token, endsAt);
}
