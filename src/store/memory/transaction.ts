import { StoreError } from "../error.ts";
import type { Write } from "../store.ts";
import { entryBytes, type MemoryTable, type Value } from "./table.ts";
import { counterOf, endOf, MAX_DIGITS } from "./values.ts";

/** Adds to a counter and answers what it is then. Throws StoreError. */
export function increment(table: MemoryTable, key: string, by: number, ttlMs: number, now: number): number {
  const entry = table.get(key, now);
  const value = counterOf(entry) + by;
  if (!Number.isSafeInteger(value)) throw outOfRange();
  table.set(key, { kind: "bytes", content: String(value) }, entry?.endsAtMs ?? endOf(ttlMs, now), now);
  return value;
}

/** All of the writes, or none. Throws StoreError. */
export function transact(table: MemoryTable, writes: readonly Write[], now: number): void {
  check(table, writes, now);
  for (const write of writes) {
    if (write.op === "delete") table.delete(write.key, now);
    else if (write.op === "increment") increment(table, write.key, write.by, write.ttlMs ?? 0, now);
    else {
      const value: Value = { kind: "bytes", content: write.value };
      table.set(write.key, value, endOf(write.ttlMs ?? 0, now), now);
    }
  }
}

/** Throws before anything is written if any of it cannot be. */
function check(table: MemoryTable, writes: readonly Write[], now: number): void {
  let added = 0;
  let bytes = 0;
  for (const write of writes) {
    if (write.op === "delete") continue;
    const entry = table.get(write.key, now);
    if (entry === undefined) added++;
    const length = write.op === "set" ? write.value.length : MAX_DIGITS;
    bytes += entryBytes(write.key, 2 * length) - (entry?.bytes ?? 0);
    if (write.op === "increment" && !Number.isSafeInteger(counterOf(entry) + write.by)) throw outOfRange();
  }
  table.makeRoom(added, bytes, now);
}

function outOfRange(): StoreError {
  return new StoreError("refused", "the counter is out of range");
}
