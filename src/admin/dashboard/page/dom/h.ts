/** What an element may contain: texts become text nodes, so that nothing in them is ever read as markup. */
export type Child = Node | string | number | false | undefined | readonly Child[];
/** Attributes of an element by their names. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Addresses that a link may have: a place in the page, a path, or https. Never a script. */
const SAFE_LINK = /^(#|\/(?!\/)|https:\/\/)/;

/**
 * Makes an element. An attribute that is `true` is there without a value; one that is `false` or undefined is not there. Throws
 * for those that would be scripts or inline styles.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (/^(on|style$|srcdoc$)/i.test(name)) throw new Error(`no element may have the attribute ${name}`);
    if (name === "href" && !SAFE_LINK.test(String(value))) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodesOf(children));
  return element;
}

/** The children as nodes, without those that are not there. */
export function nodesOf(children: readonly Child[]): Node[] {
  return children.flatMap((child): Node[] => {
    if (child === false || child === undefined) return [];
    if (typeof child === "string" || typeof child === "number") return [document.createTextNode(String(child))];
    return child instanceof Node ? [child] : nodesOf(child);
  });
}

/** The element of the page with that id. Throws if there is none: the page and its script belong together. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}
