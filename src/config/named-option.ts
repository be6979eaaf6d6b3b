import { below, type KeyPath } from "./key-path.ts";
import { entryOf, type Node } from "./node.ts";

/** A plugin's fault as the compiler tells it, which names the option first: `plugin cors: origins: …`. */
const NAMED = /^plugin \S+: ([\w.[\]-]+): /;

/** A node of a document and the way there. */
export interface Located {
  readonly node: Node;
  readonly path: KeyPath | undefined;
}

/**
 * The option that a plugin's fault begins with, such as `limits[0].key`, or as much of the way there as is written in
 * the file. Undefined if it names none that is.
 */
export function namedOption(message: string, options: Node, path: KeyPath | undefined): Located | undefined {
  const keys = NAMED.exec(message)?.[1]?.match(/[\w-]+/g) ?? [];
  let at: Located = { node: options, path };
  for (const key of keys) {
    const step = at.node.kind === "list" ? Number(key) : key;
    const next = typeof step === "string" ? entryOf(at.node, step)?.value : itemOf(at.node, step);
    if (next === undefined) break;
    at = { node: next, path: below(at.path, step) };
  }
  return at.node === options ? undefined : at;
}

function itemOf(node: Node, index: number): Node | undefined {
  return node.kind === "list" ? node.items[index] : undefined;
}
