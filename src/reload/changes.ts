import { FIXED, LISTENER, PLUGIN_ORDER, type Prints } from "./prints.ts";

/** A part of the configuration that is another one now. */
export interface Change {
  /** `gateway`, `listener ADDRESS`, `plugin NAME`, `service NAME` or `route NAME`. */
  readonly part: string;
  readonly change: "added" | "removed" | "changed";
  /** Its keys that have changed. */
  readonly keys?: readonly string[];
}

/** What a configuration would change. */
export interface ChangeReport {
  readonly changes: readonly Change[];
  /** What has changed, and only a restart changes: sections, or keys of one after a dot. */
  readonly needsRestart: readonly string[];
}

/** What differs between two configurations, by their prints with one salt. */
export function compare(before: Prints, after: Prints): ChangeReport {
  const needsRestart = new Set<string>();
  const removed = Object.keys(before).filter((part) => after[part] === undefined);
  const changes: readonly Change[] = [
    ...removed.map((part) => ({ part, change: "removed" }) as const),
    ...Object.entries(after).flatMap(([part, keys]): readonly Change[] => {
      const known = before[part];
      if (known === undefined) return [{ part, change: "added" }];
      const all = changedKeys(known, keys);
      for (const key of all) if (key.startsWith(FIXED)) needsRestart.add(key.slice(FIXED.length));
      const changed = all.filter((key) => !key.startsWith(FIXED));
      return changed.length === 0 ? [] : [{ part, change: "changed", keys: changed }];
    }),
    ...reordered("route", before, after),
    ...reordered("plugin", before, after),
  ];
  if (hasMoved(changes)) needsRestart.add("listen.host");
  return { changes, needsRestart: [...needsRestart] };
}

/** Whether a listener would be at another address with the port of one that is open still. */
function hasMoved(changes: readonly Change[]): boolean {
  const ports = (wanted: Change["change"]) =>
    changes.flatMap(({ part, change }) => {
      if (change !== wanted || !part.startsWith(LISTENER)) return [];
      return /:([1-9]\d*)$/.exec(part)?.[1] ?? [];
    });
  const added = new Set(ports("added"));
  return ports("removed").some((port) => added.has(port));
}

function changedKeys(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  const all = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...all].filter((key) => before[key] !== after[key]);
  // With another plugin the order is another one, too.
  const isOtherSet = changed.some((key) => {
    return key.startsWith("plugins.") && (before[key] === undefined || after[key] === undefined);
  });
  return isOtherSet ? changed.filter((key) => key !== PLUGIN_ORDER) : changed;
}

/** Of routes that match alike the first wins; of plugins in one phase the first runs first. */
function reordered(kind: "route" | "plugin", before: Prints, after: Prints): readonly Change[] {
  const common = (prints: Prints, others: Prints) =>
    Object.keys(prints).filter((part) => part.startsWith(`${kind} `) && others[part] !== undefined);
  if (Bun.deepEquals(common(before, after), common(after, before))) return [];
  return [{ part: `${kind}s`, change: "changed", keys: ["order"] }];
}
