import { canonicalPath, matchForm } from "../message/path.ts";

/** What was found for a path, and the parts of the path that its parameters stand for, in their order, as they came. */
export interface TreeMatch<T> {
  readonly value: T;
  readonly captured: readonly string[];
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  /** Segments with a parameter and more: `{name}.json`. */
  readonly mixed: Map<string, { readonly literals: readonly string[]; readonly node: Node<T> }>;
  parameter: Node<T> | undefined;
  value: T | undefined;
}

/** Path templates of OpenAPI. Of several that match, the one with words where others have parameters wins (OpenAPI 3.1 §4.8.8.2). */
export class PathTree<T> {
  readonly #root: Node<T> = node();

  /** What stands at a template, made if nothing does; templates that differ in names of parameters are one. */
  at(template: string, create: () => T): T {
    let current = this.#root;
    for (const segment of template.split("/").slice(1)) current = child(current, segment);
    current.value ??= create();
    return current.value;
  }

  /** The first match for which `accepts` is true. */
  find(path: string, accepts: (value: T) => boolean): TreeMatch<T> | undefined {
    return search(this.#root, matchForm(path).split("/"), path.split("/"), 1, [], accepts);
  }
}

function node<T>(): Node<T> {
  return { literals: new Map(), mixed: new Map(), parameter: undefined, value: undefined };
}

const PARAMETER = /\{[^{}]*\}/;

function child<T>(parent: Node<T>, segment: string): Node<T> {
  const literals = segment.split(PARAMETER).map(literalForm);
  const [only = ""] = literals;
  if (literals.length === 1) {
    const next = parent.literals.get(only) ?? node<T>();
    parent.literals.set(only, next);
    return next;
  }
  if (literals.every((literal) => literal === "") && literals.length === 2) {
    parent.parameter ??= node<T>();
    return parent.parameter;
  }
  const key = literals.join("{}");
  const known = parent.mixed.get(key);
  if (known !== undefined) return known.node;
  const next = node<T>();
  parent.mixed.set(key, { literals, node: next });
  return next;
}

/** A document may write `é`, where a request has `%C3%A9`. */
function literalForm(text: string): string {
  const escaped = text.replace(/[^\x21-\x7e]+/g, encodeURIComponent);
  // Behind a letter a dot is no dot segment.
  return matchForm(canonicalPath(`/x${escaped}`) ?? `/x${escaped}`).slice(2);
}

/** Each node of the tree is looked at once at most, whatever the path is. */
function search<T>(
  at: Node<T>,
  forms: readonly string[],
  segments: readonly string[],
  index: number,
  captured: readonly string[],
  accepts: (value: T) => boolean,
): TreeMatch<T> | undefined {
  const form = forms[index];
  if (form === undefined)
    return at.value !== undefined && accepts(at.value) ? { value: at.value, captured } : undefined;
  const literal = at.literals.get(form);
  const exact = literal && search(literal, forms, segments, index + 1, captured, accepts);
  if (exact !== undefined) return exact;
  const segment = segments[index] ?? "";
  for (const { literals, node: next } of at.mixed.values()) {
    const parts = partsOf(segment, literals);
    const found = parts && search(next, forms, segments, index + 1, [...captured, ...parts], accepts);
    if (found !== undefined) return found;
  }
  // An empty segment is no value of a parameter.
  if (at.parameter === undefined || segment === "") return undefined;
  return search(at.parameter, forms, segments, index + 1, [...captured, segment], accepts);
}

/** What stands between the literals, each part as short as can be but never empty; in one pass. */
function partsOf(segment: string, literals: readonly string[]): readonly string[] | undefined {
  const [first = ""] = literals;
  if (!segment.startsWith(first)) return undefined;
  const parts: string[] = [];
  let from = first.length;
  for (const [i, literal] of literals.entries()) {
    if (i === 0) continue;
    const isLast = i === literals.length - 1;
    const end = isLast ? segment.length - literal.length : segment.indexOf(literal, from + 1);
    if (end <= from || !segment.startsWith(literal, end)) return undefined;
    parts.push(segment.slice(from, end));
    from = end + literal.length;
  }
  return parts;
}
