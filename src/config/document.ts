import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { below, type KeyPath } from "./key-path.ts";
import {
  type ListNode,
  type MapEntry,
  type MapNode,
  type Node,
  type ScalarValue,
  scalarNode,
  toValue,
} from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import { createSource, type Place, positionOf, type Source } from "./source.ts";

/** Values that all aliases of a file together may add: a few lines of YAML can otherwise stand for billions. */
const MAX_ALIASED_VALUES = 100_000;
/** Syntax problems of one file that are reported: what follows the first ones is mostly their consequence. */
const MAX_SYNTAX_PROBLEMS = 20;

export interface ParsedDocument {
  /** Undefined if the text is not YAML: nothing can be said of its values then. */
  readonly root: Node | undefined;
  readonly problems: readonly Problem[];
}

/** Parses YAML 1.2, with the place of every key and value; `<<` merges maps, as in YAML 1.1. */
export function parseDocumentText(source: Source): ParsedDocument {
  const document = parseDocument(source.text, { prettyErrors: false, uniqueKeys: false, merge: false });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) return { root: undefined, problems: syntaxProblems(source, faults) };
  const reader = new Reader(source);
  const root = reader.read(document.contents, 0, undefined);
  return { root, problems: reader.problems };
}

/** One problem a line, and no mere consequences: after some mistakes the parser finds no place for all that follows. */
function syntaxProblems(source: Source, faults: readonly YAMLError[]): Problem[] {
  const problems = new Map<number, Problem>();
  for (const fault of faults) {
    if (problems.size > 0 && fault.message.includes("in YAML stream")) continue;
    const hint = isVariableNear(source, fault) ? VARIABLE_HINT : undefined;
    const problem = problemAt({ source, offset: fault.pos[0] }, undefined, syntaxMessage(fault), hint);
    if (!problems.has(problem.line)) problems.set(problem.line, problem);
    if (problems.size === MAX_SYNTAX_PROBLEMS) break;
  }
  return [...problems.values()];
}

const VARIABLE_HINT = `inside { } and [ ] a variable needs quotes: "\${NAME}"`;

/** In a flow map `{ url: ${URL} }` the parser takes the variable for a map. */
function isVariableNear({ text }: Source, { pos }: YAMLError): boolean {
  return text.slice(Math.max(0, pos[0] - 1), pos[0] + 1) === "${";
}

function syntaxMessage({ code, message }: YAMLError): string {
  if (code === "MULTIPLE_DOCS") return "a second document begins here: one file holds one configuration";
  if (code === "TAG_RESOLVE_FAILED") return `tags are not understood here: ${message}`;
  return `this is not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/** Turns the parser's tree into nodes; keeps the anchors seen so far, and what the aliases cost. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #source: Source;
  readonly #anchors = new Map<string, Node>();
  readonly #sizes = new Map<Node, number>();
  #aliasedValues = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  /** `end` is where a value that is not written would be. */
  read(item: unknown, end: number, path: KeyPath | undefined): Node {
    if (isAlias(item)) return this.#readAlias(item, path);
    const node = this.#readContent(item, end, path);
    if ((isMap(item) || isSeq(item) || isScalar(item)) && item.anchor !== undefined) {
      this.#anchors.set(item.anchor, node);
    }
    return node;
  }

  #readContent(item: unknown, end: number, path: KeyPath | undefined): Node {
    if (isMap(item)) return this.#readMap(item, path);
    if (isSeq(item)) {
      const place = this.#place(item.range?.[0] ?? end);
      const items = item.items.map((inner, index) => this.read(inner, place.offset, below(path, index)));
      const list: ListNode = { kind: "list", items, ...place };
      this.#sizes.set(list, this.#sizeOf(items));
      return list;
    }
    if (isScalar(item)) return this.#readScalar(item, end);
    return scalarNode(null, this.#place(end));
  }

  #readScalar(item: Scalar, end: number): Node {
    const place = this.#place(item.range?.[0] ?? end);
    const isQuoted = item.type !== "PLAIN";
    const value = plainValue(item);
    return { kind: "scalar", value, written: item.source ?? "", isQuoted, variables: [], isBroken: false, ...place };
  }

  #readMap(item: YAMLMap, path: KeyPath | undefined): MapNode {
    const entries = new Map<string, MapEntry>();
    const merged: MapEntry[] = [];
    for (const pair of item.items) {
      const place = this.#place(offsetOf(pair.key) ?? item.range?.[0] ?? 0);
      const key = keyText(pair);
      if (key === undefined || key === "__proto__") {
        this.#report(place, path, `expected a plain word as a key, found ${key ?? "a list or a map"}`);
        continue;
      }
      const value = this.read(pair.value, endOf(pair.key) ?? place.offset, below(path, key));
      if (isMergeKey(pair)) {
        merged.push(...this.#merge(value, path));
        continue;
      }
      const first = entries.get(key);
      if (first === undefined) entries.set(key, { key, place, value });
      else
        this.#report(place, below(path, key), `this key is here twice, first on line ${positionOf(first.place).line}`);
    }
    for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry);
    const map: MapNode = { kind: "map", entries: [...entries.values()], ...this.#place(item.range?.[0] ?? 0) };
    this.#sizes.set(map, this.#sizeOf(map.entries.map(({ value }) => value)));
    return map;
  }

  /** What `<<` brings in: the entries of a map, or of a list of maps, earlier ones first. */
  #merge(value: Node, path: KeyPath | undefined): readonly MapEntry[] {
    if (value.kind === "map") return value.entries;
    if (value.kind === "list") return value.items.flatMap((item) => this.#merge(item, path));
    this.#report(value, below(path, "<<"), "expected a map to merge (<<: *name)");
    return [];
  }

  #readAlias(item: Alias, path: KeyPath | undefined): Node {
    const place = this.#place(item.range?.[0] ?? 0);
    const node = this.#anchors.get(item.source);
    if (node === undefined) {
      this.#report(place, path, `the alias *${item.source} stands for nothing that is complete above it`);
      return { ...scalarNode(null, place), isBroken: true };
    }
    const before = this.#aliasedValues;
    this.#aliasedValues += this.#sizes.get(node) ?? 1;
    if (this.#aliasedValues <= MAX_ALIASED_VALUES) return node;
    if (before <= MAX_ALIASED_VALUES) {
      this.#report(place, path, `the aliases of this file stand for more than ${MAX_ALIASED_VALUES} values`);
    }
    return { ...scalarNode(null, place), isBroken: true };
  }

  #sizeOf(nodes: readonly Node[]): number {
    return nodes.reduce((sum, node) => sum + (this.#sizes.get(node) ?? 1), 1);
  }

  #report(place: Place, path: KeyPath | undefined, message: string): void {
    this.problems.push(problemAt(place, path, message));
  }

  #place(offset: number): Place {
    return { source: this.#source, offset };
  }
}

function plainValue({ value, source }: Scalar): ScalarValue {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") {
    return value;
  }
  return source ?? String(value);
}

function keyText({ key }: Pair): string | undefined {
  if (!isScalar(key)) return undefined;
  return key.type === "PLAIN" ? (key.source ?? String(key.value)) : String(key.value);
}

function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.value === "<<" && key.type === "PLAIN";
}

function offsetOf(key: unknown): number | undefined {
  return isScalar(key) || isMap(key) || isSeq(key) || isAlias(key) ? key.range?.[0] : undefined;
}

function endOf(key: unknown): number | undefined {
  return isScalar(key) ? key.range?.[1] : undefined;
}

/**
 * The plain value of a YAML text that is no configuration: what a service calls its document, for example. A text says the first
 * thing that is wrong with it. Its aliases are bounded as those of a configuration are.
 */
export function parsePlainYaml(text: string): { readonly value: unknown } | { readonly fault: string } {
  const { root, problems } = parseDocumentText(createSource("", "", text));
  const [first] = problems;
  if (first !== undefined) return { fault: `line ${first.line}: ${first.message}` };
  return { value: root === undefined ? null : toValue(root) };
}
