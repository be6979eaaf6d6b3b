import type { Segment } from "./path-pattern.ts";

/** A place in a tree of path segments, with what is kept for the patterns that end there. */
export interface TreeNode<S> {
  readonly literals: Map<string, TreeNode<S>>;
  parameter: TreeNode<S> | undefined;
  /** For patterns whose last segment this is. */
  whole: S | undefined;
  /** For prefixes: this node and everything below it. */
  prefix: S | undefined;
}

/** A node without children, the root of a tree to be built. */
export function createNode<S>(): TreeNode<S> {
  return { literals: new Map(), parameter: undefined, whole: undefined, prefix: undefined };
}

/** The node of these segments in a tree that is being built; it is made if it is missing. */
export function nodeAt<S>(root: TreeNode<S>, segments: readonly Segment[]): TreeNode<S> {
  let node = root;
  for (const segment of segments) {
    if (segment.kind === "parameter") {
      node.parameter ??= createNode();
      node = node.parameter;
      continue;
    }
    const child = node.literals.get(segment.text) ?? createNode<S>();
    node.literals.set(segment.text, child);
    node = child;
  }
  return node;
}

/**
 * Finds every node that a path leads to and returns the index of the first that stands for the whole path (the
 * length of `reached` if none does).
 *
 * The path is followed through literal and parameter children at once, level by level. Read backwards, `reached` (which
 * is emptied first) has longer ways before shorter ones, and of the same length those that are literal further to the
 * left first.
 *
 * No node is visited twice, and none that does not match the path's front: the cost grows with the patterns that
 * overlap on this path, never with those beside it, and ends at the tree's depth however long the path is.
 */
export function reach<S>(root: TreeNode<S>, path: string, reached: TreeNode<S>[]): number {
  reached.length = 0;
  reached.push(root);
  let level = 0;
  for (let start = 1; start <= path.length; ) {
    const slash = path.indexOf("/", start);
    const end = slash === -1 ? path.length : slash;
    const nextLevel = reached.length;
    pushChildren(reached, level, path.slice(start, end));
    if (reached.length === nextLevel) return nextLevel;
    level = nextLevel;
    start = end + 1;
  }
  return level;
}

function pushChildren<S>(reached: TreeNode<S>[], from: number, segment: string): void {
  const end = reached.length;
  for (let i = from; i < end; i++) {
    const { parameter, literals } = reached[i] as TreeNode<S>;
    if (parameter !== undefined && segment !== "") reached.push(parameter);
    const literal = literals.get(segment);
    if (literal !== undefined) reached.push(literal);
  }
}
