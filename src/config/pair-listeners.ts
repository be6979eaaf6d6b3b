import type { ListenConfig } from "./schema.ts";

type Address = Pick<ListenConfig, "host" | "port">;

/**
 * For each of the listeners the place, among those before, of the one at the same address; undefined for one that is new.
 * Where several ask for any free port the first is the first, and so on.
 */
export function pairListeners(
  listeners: readonly Address[],
  before: readonly Address[],
): readonly (number | undefined)[] {
  const left = new Set(before.keys());
  return listeners.map(({ host, port }) => {
    for (const index of left) {
      const known = before[index];
      if (known?.host !== host || known.port !== port) continue;
      left.delete(index);
      return index;
    }
    return undefined;
  });
}
