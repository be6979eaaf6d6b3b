import { copyNode } from "../copy.ts";
import { type Kind, SECTIONS } from "../grammar.ts";
import { type Draft, isObject, type Json, type JsonObject, objectAt, pointerKeys, valueAt } from "../json.ts";
import { weightOf } from "../weight.ts";
import { Additions, type Target } from "./additions.ts";
import { anchored } from "./anchored.ts";
import { resolveReference, shownFile } from "./resolve.ts";
import { withoutSelf } from "./self.ts";
import { UNRESOLVED, withUnresolved } from "./unresolved.ts";

/** A file that is referred to, or why there is none. */
export type LoadedFile = { readonly value: Json } | { readonly fault: string };

/** Gives a file by its URL. Rejects if the whole document is to wait: the file may be there later, or a bound is reached. */
export type LoadFile = (file: string) => Promise<LoadedFile>;

/** From the document to a file, through others. */
const MOST_HOPS = 16;
/** Bytes that the files add, about: a reference to a part of a part repeats that. */
const MOST_BYTES = 64 * 1_048_576;

/** A part of a document, and the file that it is in. */
interface Part {
  readonly value: Json;
  readonly base: string;
}

/**
 * One document of all its files: what references lead to in others becomes a component of this one, under the name that it has there, or that of
 * its file. The same files make the same document, whichever comes first. References that lead nowhere are left as they are, with
 * the reason in the document.
 *
 * @param root where the document is, see `rootOf`
 */
export function bundle(document: JsonObject, root: string, load: LoadFile): Promise<JsonObject> {
  return new Bundler(withoutSelf(document), root, load).run();
}

class Bundler {
  readonly #document: JsonObject;
  readonly #root: string;
  readonly #load: LoadFile;
  readonly #files = new Map<string, Promise<LoadedFile>>();
  readonly #hops = new Map<string, number>();
  readonly #reasons = new Map<string, string>();
  readonly #additions: Additions;
  #queue: Target[] = [];
  #left = MOST_BYTES;

  constructor(document: JsonObject, root: string, load: LoadFile) {
    this.#document = document;
    this.#root = root;
    this.#load = load;
    this.#hops.set(root, 0);
    this.#additions = new Additions(typeof document.swagger === "string");
  }

  async run(): Promise<JsonObject> {
    const parts = await this.#topParts();
    this.#additions.reserve(parts);
    for (const [keys, { value, base }] of parts) this.#claim(keys, value, base);
    const draft: Draft = {};
    for (const [keys, part] of parts) put(draft, keys, await this.#written(keys, part));
    for (let batch = this.#queue; batch.length > 0; batch = this.#queue) {
      this.#queue = [];
      await Promise.all(batch.map(({ file, from }) => this.#file(file, from).catch(() => {})));
      for (const target of batch) await this.#place(target);
    }
    for (const { keys, value } of this.#additions.values()) put(draft, keys, value);
    return withUnresolved(draft, this.#reasons);
  }

  /** The values of the document's own keys and of each section of its components; a whole one may be in another file. */
  async #topParts(): Promise<readonly (readonly [keys: readonly string[], part: Part])[]> {
    const entries = Object.entries(this.#document).filter(([key]) => key !== UNRESOLVED);
    const parts = await Promise.all(
      entries.map(async ([key, value]) => {
        const part = await this.#followed({ value, base: this.#root });
        if (key !== "components" || !isObject(part.value)) return [[[key], part] as const];
        const sections = Object.entries(part.value).map(async ([section, inner]) => {
          return [[key, section], await this.#followed({ value: inner, base: part.base })] as const;
        });
        return Promise.all(sections);
      }),
    );
    return parts.flat();
  }

  /** A component that is in another file as a whole gives its name to what is there. */
  #claim(keys: readonly string[], value: Json, base: string): void {
    const section = this.#additions.sectionAt(keys);
    if (section === undefined) return;
    for (const [name, item] of Object.entries(isObject(value) ? value : {})) {
      if (!isObject(item) || typeof item.$ref !== "string" || Object.keys(item).length > 1) continue;
      const found = resolveReference(item.$ref, base, this.#root);
      if (found.fault !== undefined || found.file === this.#root) continue;
      const target = this.#additions.claim({ ...found, kind: SECTIONS[section], from: base }, name);
      if (target !== undefined) this.#queue.push(target);
    }
  }

  async #written(keys: readonly string[], { value, base }: Part): Promise<Json> {
    const [first = ""] = keys;
    if (keys.length === 1 && (first === "paths" || first === "webhooks")) return this.#pathItems(value, base);
    const section = this.#additions.sectionAt(keys);
    if (section === undefined || !isObject(value)) return value;
    // Those that were claimed are placed when their files are there.
    const own = Object.entries(value).filter(([name]) => !this.#additions.isClaimed(section, name));
    return Object.fromEntries(own.map(([name, item]) => [name, this.#copy(item, SECTIONS[section], base)]));
  }

  /** They stand in place: older versions of OpenAPI have no components of that kind. */
  async #pathItems(value: Json, base: string): Promise<Json> {
    if (!isObject(value)) return value;
    const items = await Promise.all(
      Object.entries(value).map(async ([path, item]) => [path, await this.#itemParts({ value: item, base })] as const),
    );
    return Object.fromEntries(items.map(([path, parts]) => [path, this.#joined(parts)]));
  }

  /** A path item and those that it refers to, one after the other. */
  async #itemParts(part: Part, steps = 0): Promise<readonly Part[]> {
    if (!isObject(part.value) || typeof part.value.$ref !== "string" || steps > MOST_HOPS) return [part];
    const next = await this.#followed(part, 1);
    if (next === part) return [part];
    const { $ref: _, ...own } = part.value;
    return [{ value: own, base: part.base }, ...(await this.#itemParts(next, steps + 1))];
  }

  /** What is written nearer counts first. */
  #joined(parts: readonly Part[]): Json {
    const copies = parts.map(({ value, base }) => this.#copy(value, "pathItem", base));
    return copies.length === 1 ? (copies[0] ?? null) : Object.assign({}, ...copies.toReversed());
  }

  /** What a reference to another file leads to, if the value is one; itself if not, or if it leads nowhere. */
  async #followed(part: Part, most = MOST_HOPS): Promise<Part> {
    let found = part;
    for (let steps = 0; steps < most; steps++) {
      if (!isObject(found.value) || typeof found.value.$ref !== "string") break;
      const next = resolveReference(found.value.$ref, found.base, this.#root);
      if (next.fault !== undefined || (next.file === this.#root && found.base === this.#root)) break;
      const value = await this.#valueOf(next.file, next.fragment, found.base);
      if (value === undefined) break;
      found = { value, base: next.file };
    }
    return found;
  }

  #copy(value: Json, kind: Kind, base: string): Json {
    if (base !== this.#root) this.#left -= weightOf(value, this.#left);
    if (this.#left < 0) throw new Error("its files repeat one another to more than 64 MB");
    return copyNode(value, kind, {
      children: this.#additions.children,
      reference: (ref, at) => this.#reference(ref, at, base),
      leave: (copy, at) => {
        if (base === this.#root) return;
        // It is a part of another document now: an identifier of its own would be the base of its references.
        if (at === "schema") for (const key of ["$id", "$schema"]) if (typeof copy[key] === "string") delete copy[key];
      },
    });
  }

  #reference(ref: string, kind: Kind, base: string): string {
    if (base === this.#root && ref.startsWith("#")) return ref;
    const found = resolveReference(ref, base, this.#root);
    if (found.fault !== undefined) return this.#broken(ref, found.fault);
    if (found.file === this.#root) return `#${found.fragment}`;
    const shown = this.#shown(found.file, found.fragment);
    if (this.#reasons.has(shown)) return shown;
    const { target, isNew } = this.#additions.target({ ...found, kind, from: base }, shownFile(found.file, this.#root));
    if (target === undefined) return this.#broken(shown, "such an object cannot be in another file");
    if (isNew) this.#queue.push(target);
    return target.pointer;
  }

  async #place(target: Target): Promise<void> {
    const { file, fragment, kind, from } = target;
    const value = await this.#valueOf(file, fragment, from);
    this.#additions.put(
      target,
      value === undefined ? { $ref: this.#shown(file, fragment) } : this.#copy(value, kind, file),
    );
  }

  async #valueOf(file: string, fragment: string, from: string): Promise<Json | undefined> {
    const loaded = await this.#file(file, from);
    const shown = this.#shown(file, fragment);
    if ("fault" in loaded) return void this.#broken(shown, loaded.fault);
    const value = valueIn(loaded.value, fragment);
    if (value === undefined) this.#broken(shown, "the file has nothing there");
    return value;
  }

  #file(file: string, from: string): Promise<LoadedFile> {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const hops = (this.#hops.get(from) ?? 0) + 1;
    this.#hops.set(file, hops);
    const loaded = this.#loadAt(file, hops);
    this.#files.set(file, loaded);
    return loaded;
  }

  async #loadAt(file: string, hops: number): Promise<LoadedFile> {
    if (file === this.#root) return { value: this.#document };
    if (hops > MOST_HOPS) throw new Error(`its files refer to one another more than ${MOST_HOPS} deep`);
    return this.#load(file);
  }

  /** The reference as it stands in the document from now on. */
  #broken(shown: string, reason: string): string {
    this.#reasons.set(shown, reason);
    return shown;
  }

  #shown(file: string, fragment: string): string {
    return `${shownFile(file, this.#root)}${fragment === "" ? "" : `#${fragment}`}`;
  }
}

/** A pointer (RFC 6901 §6), an anchor, or nothing for the whole file. */
function valueIn(file: Json, fragment: string): Json | undefined {
  if (fragment === "") return file;
  if (!fragment.startsWith("/")) return anchored(file, fragment);
  const keys = pointerKeys(fragment.slice(1));
  return keys === undefined ? undefined : valueAt(file, keys);
}

function put(draft: Draft, [key = "", inner]: readonly string[], value: Json): void {
  if (inner === undefined) draft[key] = isObject(value) ? { ...objectAt(draft, key), ...value } : value;
  else put(draft, [key], { [inner]: isObject(value) ? { ...objectAt(draft[key], inner), ...value } : value });
}
