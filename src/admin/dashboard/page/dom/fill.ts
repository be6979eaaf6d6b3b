import { type Child, nodesOf } from "./h.ts";

/** Attributes that belong to whoever uses the page once an element is there: what is folded out stays so. */
const THEIRS = new Set(["open"]);

/**
 * Makes the children of an element equal to these and changes no more than differs, so that focus, selections, scrolling
 * and what is folded out outlast it. Elements are recognised by `data-key`, else by their place. One with
 * `data-keep` is left as it is once it is there.
 */
export function fill(parent: Element, children: readonly Child[]): void {
  const known = new Map<string, ChildNode>();
  for (const child of parent.childNodes) {
    const key = keyOf(child);
    if (key !== undefined) known.set(key, child);
  }
  let cursor = parent.firstChild;
  for (const next of nodesOf(children)) {
    const key = keyOf(next);
    const match = key === undefined ? cursor : known.get(key);
    if (match === null || match === undefined || !isAlike(match, next)) {
      parent.insertBefore(next, cursor);
      continue;
    }
    if (match === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(match, cursor);
    update(match, next);
  }
  while (cursor !== null) {
    const rest: ChildNode | null = cursor.nextSibling;
    cursor.remove();
    cursor = rest;
  }
}

function keyOf(node: Node): string | undefined {
  return node instanceof Element ? (node.getAttribute("data-key") ?? undefined) : undefined;
}

function isAlike(a: Node, b: Node): boolean {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

function update(current: Node, next: Node): void {
  if (!(current instanceof Element) || !(next instanceof Element)) {
    if (current.nodeValue !== next.nodeValue) current.nodeValue = next.nodeValue;
    return;
  }
  if (current.hasAttribute("data-keep")) return;
  for (const { name } of [...current.attributes]) {
    if (!next.hasAttribute(name) && !THEIRS.has(name)) current.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (!THEIRS.has(name) && current.getAttribute(name) !== value) current.setAttribute(name, value);
  }
  fill(current, [...next.childNodes]);
}
