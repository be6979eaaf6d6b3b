import type { MemoryTable } from "./table.ts";
import { textOf } from "./values.ts";

/** The fence of the new holder, which outlives the lock so that it only grows; 0 if somebody else has it. Throws StoreError. */
export function takeLock(
  table: MemoryTable,
  key: string,
  token: string,
  { ttlMs, fenceMs }: { readonly ttlMs: number; readonly fenceMs: number },
  now: number,
): number {
  if (table.get(key, now) !== undefined) return 0;
  const fenceKey = `${key}:fence`;
  const fence = Math.max(Number(textOf(table.get(fenceKey, now)) ?? 0) + 1, now * 1_000);
  table.makeRoom(2, 0, now);
  table.set(key, { kind: "lock", token, fence }, now + ttlMs, now);
  table.set(fenceKey, { kind: "bytes", content: String(fence) }, now + ttlMs + fenceMs, now);
  return fence;
}

/** False if the token does not hold it any more. */
export function extendLock(table: MemoryTable, key: string, token: string, ttlMs: number, now: number): boolean {
  const entry = table.get(key, now);
  if (entry?.value.kind !== "lock" || entry.value.token !== token) return false;
  table.set(key, entry.value, now + ttlMs, now);
  return true;
}

/** False if the token does not hold it any more. */
export function releaseLock(table: MemoryTable, key: string, token: string, now: number): boolean {
  const entry = table.get(key, now);
  if (entry?.value.kind !== "lock" || entry.value.token !== token) return false;
  return table.delete(key, now);
}
