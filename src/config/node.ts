import type { Place } from "./source.ts";

export type ScalarValue = string | number | boolean | null;

/** A single value of a document. */
export interface ScalarNode extends Place {
  readonly kind: "scalar";
  readonly value: ScalarValue;
  /** As written, without quotes. */
  readonly written: string;
  readonly isQuoted: boolean;
  /** What was replaced in it, as written: "${PORT}". Its value is then shown to nobody. */
  readonly variables: readonly string[];
  /** A problem was reported already and the value means nothing. */
  readonly isBroken: boolean;
}

export interface MapEntry {
  readonly key: string;
  /** Where the key is written. */
  readonly place: Place;
  readonly value: Node;
}

export interface MapNode extends Place {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
}

export interface ListNode extends Place {
  readonly kind: "list";
  readonly items: readonly Node[];
}

/** A parsed value that knows its place; immutable. */
export type Node = ScalarNode | MapNode | ListNode;

/** The plain value of a node. */
export function toValue(node: Node): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toValue);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, toValue(value)]));
}

/** A node for a plain value that is written nowhere, a default for example; its place is that of `near`. */
export function toNode(value: unknown, near: Place): Node {
  const place: Place = { source: near.source, offset: near.offset };
  if (Array.isArray(value)) return { ...place, kind: "list", items: value.map((item) => toNode(item, near)) };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, inner]) => ({ key, place, value: toNode(inner, near) }));
    return { ...place, kind: "map", entries };
  }
  return scalarNode(isScalar(value) ? value : null, place);
}

/** A scalar of which nothing was replaced. */
export function scalarNode(value: ScalarValue, { source, offset }: Place): ScalarNode {
  const written = value === null ? "" : String(value);
  return { kind: "scalar", value, written, isQuoted: false, variables: [], isBroken: false, source, offset };
}

/** The entry of a key; undefined if the node is no map or has no such key. */
export function entryOf(node: Node | undefined, key: string): MapEntry | undefined {
  if (node?.kind !== "map") return undefined;
  return node.entries.find((entry) => entry.key === key);
}

/** The node at the end of the keys, or the last one on the way there: what is not written has its parent's place. */
export function nearestNode(node: Node, keys: readonly (string | number)[]): Node {
  let current = node;
  for (const key of keys) {
    const next: Node | undefined =
      typeof key === "string" ? entryOf(current, key)?.value : current.kind === "list" ? current.items[key] : undefined;
    if (next === undefined) return current;
    current = next;
  }
  return current;
}

function isScalar(value: unknown): value is ScalarValue {
  return value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
