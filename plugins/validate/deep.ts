import type { Texts } from "./coerce.ts";
import { decodeField, type RawFields } from "./query.ts";
import { REPEATED } from "./repeated.ts";
import type { Shape } from "./shape.ts";

/** Names within names. */
const DEEPEST = 10;
const KEYS = /\[([^[\]]*)\]/y;

/** What stands under one name: texts, or further names. */
interface Branch {
  readonly texts: string[];
  readonly inner: Map<string, Branch>;
}

/**
 * The style `deepObject`: `filter[name]=x`, and what clients make of objects and lists in it, for which OpenAPI has no rule: `filter[at][from]=1`,
 * `filter[ids]=1&filter[ids]=2`, `filter[ids][]=1`, `filter[ids][0]=1`. A name that is none of these is one like any other.
 */
export function readDeep(fields: RawFields, name: string, shape: Shape): Texts | typeof REPEATED | undefined {
  const root: Branch = newBranch();
  for (const [key, values] of fields) {
    if (!key.startsWith(`${name}[`)) continue;
    const keys = keysOf(key, name.length);
    if (keys === undefined) continue;
    let branch = root;
    for (const one of keys) {
      const next = branch.inner.get(one) ?? newBranch();
      branch.inner.set(one, next);
      branch = next;
    }
    branch.texts.push(...values.map(decodeField));
  }
  return root.inner.size === 0 ? undefined : textsOf(root, shape);
}

function newBranch(): Branch {
  return { texts: [], inner: new Map() };
}

/** Undefined for what is not written so to its end. */
function keysOf(key: string, start: number): readonly string[] | undefined {
  const keys: string[] = [];
  KEYS.lastIndex = start;
  for (let at = start; at < key.length; at = KEYS.lastIndex) {
    const match = KEYS.exec(key);
    if (match === null || keys.length === DEEPEST) return undefined;
    keys.push(match[1] ?? "");
  }
  return keys;
}

function textsOf({ texts, inner }: Branch, shape: Shape | undefined): Texts | typeof REPEATED {
  const isList = shape?.types.has("array") === true;
  if (inner.size === 0) return texts.length === 1 && !isList ? (texts[0] ?? "") : texts;
  // Of two values for one name services take different ones.
  if (texts.length > 0) return REPEATED;
  const isNumbered = [...inner.keys()].every((key) => /^\d*$/.test(key));
  if (isNumbered && (isList || (inner.size === 1 && inner.has("")))) return itemsOf(inner, shape?.items);
  const found = new Map<string, Texts>();
  for (const [key, branch] of inner) {
    const value = textsOf(branch, shape?.properties.get(key) ?? shape?.rest);
    if (value === REPEATED) return REPEATED;
    found.set(key, value);
  }
  return found;
}

/** By their numbers; those without come as they are. */
function itemsOf(inner: ReadonlyMap<string, Branch>, shape: Shape | undefined): Texts | typeof REPEATED {
  const items: Texts[] = [];
  for (const [key, branch] of [...inner].sort(([a], [b]) => Number(a) - Number(b))) {
    if (key === "" && branch.inner.size === 0) items.push(...branch.texts);
    else {
      const item = textsOf(branch, shape);
      if (item === REPEATED) return REPEATED;
      items.push(item);
    }
  }
  return items;
}
