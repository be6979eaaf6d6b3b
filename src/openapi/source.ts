import { copyNode } from "./copy.ts";
import { unresolvedReason } from "./files/unresolved.ts";
import { FreeNames, nameFrom } from "./free-names.ts";
import { type Kind, SECTIONS, type Section, sectionOf } from "./grammar.ts";
import { isObject, type Json, type JsonObject, objectAt, pointerKeys, valueAt } from "./json.ts";
import { referencePlaces } from "./reference-places.ts";
import { weightOf } from "./weight.ts";

/** A part of a document that others refer to; `id` is its section and its name: "schemas/User". */
export interface Component {
  readonly id: string;
  readonly section: Section;
  readonly name: string;
  readonly value: Json;
}

/** Of a document, in all: a reference to a part of a part repeats that. */
const MOST_HOISTED = 32 * 1_048_576;

const REASONS = {
  outside: "is outside of the document",
  missing: "leads nowhere",
  repeated: "is one of too many to parts of large parts",
};

/** A reference that leads nowhere, or out of the document. */
export interface BrokenReference {
  readonly ref: string;
  readonly reason: keyof typeof REASONS;
  /** Why, in words. */
  readonly text: string;
  /** Where it is written first; undefined if that is not known. */
  pointerOf(): string | undefined;
}

/**
 * The document of one service, in OpenAPI 3.1 or later, and what its references lead to. A reference to something that is no
 * component makes one of it, so that whatever is referred to has a name.
 */
export class Source {
  readonly service: string;
  readonly document: JsonObject;
  readonly broken = new Map<string, BrokenReference>();
  readonly #components = new Map<string, Component>();
  readonly #byReference = new Map<string, Component | undefined>();
  readonly #free = new FreeNames((id) => this.#components.has(id));
  /** Bytes that a hoisted part may still have: parts of parts are written anew, each. */
  #hoistable = MOST_HOISTED;
  #anchors: ReadonlyMap<string, JsonObject> | undefined = undefined;
  #places: ReadonlyMap<string, string> | undefined = undefined;

  constructor(service: string, document: JsonObject) {
    this.service = service;
    this.document = document;
    for (const section of Object.keys(SECTIONS) as Section[]) {
      for (const [name, value] of Object.entries(objectAt(document.components, section) ?? {}))
        this.#add(section, name, value);
    }
  }

  component(id: string): Component | undefined {
    return this.#components.get(id);
  }

  get components(): Iterable<Component> {
    return this.#components.values();
  }

  /** What a reference from the place of such an object leads to; undefined if it is broken, which is noted. */
  locate(ref: string, kind: Kind): Component | undefined {
    const key = `${kind} ${ref}`;
    if (this.#byReference.has(key)) return this.#byReference.get(key);
    const found = this.#find(ref, kind);
    this.#byReference.set(key, found);
    return found;
  }

  /** What stands in the place of a reference, through references to references; undefined if there is nothing. */
  resolve(value: Json | undefined, kind: Kind): JsonObject | undefined {
    let found = value;
    for (let steps = 0; steps < 32; steps++) {
      if (!isObject(found)) return undefined;
      if (typeof found.$ref !== "string") return found;
      found = this.locate(found.$ref, kind)?.value;
    }
    return undefined;
  }

  /** The components that an object of that kind refers to. */
  references(value: Json, kind: Kind): readonly Component[] {
    const found = new Set<Component>();
    copyNode(value, kind, {
      reference: (ref, at) => {
        const component = this.locate(ref, at);
        if (component !== undefined) found.add(component);
        return ref;
      },
    });
    return [...found];
  }

  #find(ref: string, kind: Kind): Component | undefined {
    if (!ref.startsWith("#")) return this.#break(ref, "outside");
    const fragment = ref.slice(1);
    if (fragment !== "" && !fragment.startsWith("/")) return this.#anchored(ref, fragment, kind);
    const keys = fragment === "" ? [] : pointerKeys(fragment.slice(1));
    if (keys === undefined) return this.#break(ref, "missing");
    const [root, section, name] = keys;
    if (root === "components" && keys.length === 3) {
      return this.#components.get(`${section}/${name}`) ?? this.#break(ref, "missing");
    }
    const value = valueAt(this.document, keys);
    return value === undefined ? this.#break(ref, "missing") : this.#hoist(keys.join("_"), value, kind, ref);
  }

  /** A schema with that `$anchor` (JSON Schema 2020-12 §8.2.2). */
  #anchored(ref: string, anchor: string, kind: Kind): Component | undefined {
    this.#anchors ??= this.#allAnchors();
    const found = this.#anchors.get(anchor);
    return found === undefined ? this.#break(ref, "missing") : this.#hoist(anchor, found, kind, ref);
  }

  /** The first schema with each anchor. */
  #allAnchors(): ReadonlyMap<string, JsonObject> {
    const anchors = new Map<string, JsonObject>();
    for (const { value, section } of this.#components.values()) {
      copyNode(value, SECTIONS[section], {
        reference: (text) => text,
        leave(_, __, original) {
          for (const name of [original.$anchor, original.$dynamicAnchor]) {
            if (typeof name === "string" && !anchors.has(name)) anchors.set(name, original);
          }
        },
      });
    }
    return anchors;
  }

  #hoist(text: string, value: Json, kind: Kind, ref: string): Component | undefined {
    const section = sectionOf(kind);
    if (section === undefined) return this.#break(ref, "missing");
    this.#hoistable -= weightOf(value, this.#hoistable);
    if (this.#hoistable < 0) return this.#break(ref, "repeated");
    const id = this.#free.free(`${section}/${nameFrom(text) || "root"}`);
    return this.#add(section, id.slice(section.length + 1), value);
  }

  #add(section: Section, name: string, value: Json): Component {
    const component = { id: `${section}/${name}`, section, name, value };
    this.#components.set(component.id, component);
    return component;
  }

  #break(ref: string, reason: BrokenReference["reason"]): undefined {
    const tried = unresolvedReason(this.document, ref);
    const plain = `${ref} ${REASONS[reason]}`;
    // It takes a walk through the whole document, and only a report asks for it.
    const pointerOf = () => {
      this.#places ??= referencePlaces(this.document);
      return this.#places.get(ref);
    };
    const text = tried === undefined ? plain : `${ref} leads nowhere: ${tried}`;
    this.broken.set(ref, { ref, reason, text, pointerOf });
    return undefined;
  }
}
