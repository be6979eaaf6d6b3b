import { checkedTtl, checkWhole } from "./check.ts";
import { slotTag } from "./key.ts";
import type { Write } from "./store.ts";

/** The writes of a transaction with their whole keys. Throws RangeError unless these share a place, and each is written once. */
export function ownWrites(writes: readonly Write[], start: string): readonly Write[] {
  const own = writes.map((write) => {
    if (write.op !== "delete") checkedTtl(write.ttlMs);
    if (write.op === "increment") checkWhole(write.by);
    return { ...write, key: start + write.key };
  });
  if (new Set(own.map(({ key }) => slotTag(key))).size > 1) {
    throw new RangeError("the keys of a transaction have one group: make them by groupKey");
  }
  if (new Set(own.map(({ key }) => key)).size < own.length) {
    throw new RangeError("a transaction writes each key once");
  }
  return own;
}
