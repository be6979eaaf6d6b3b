import { FreeNames, nameFrom } from "../free-names.ts";
import { CHILDREN, type Kind, SECTIONS, type Section, sectionOf } from "../grammar.ts";
import { isObject, type Json, type JsonObject, pointerKeys, pointerToken } from "../json.ts";

/** What a reference leads to in another file. */
export interface Place {
  readonly file: string;
  readonly fragment: string;
  readonly kind: Kind;
  /** The file with the reference. */
  readonly from: string;
}

/** Such a place, and where it is in the document from now on. */
export interface Target extends Place {
  readonly section: Section;
  readonly name: string;
  readonly pointer: string;
}

/** Where Swagger 2.0 has what it has. */
const OLD_SECTIONS: Readonly<Partial<Record<Section, string>>> = {
  schemas: "definitions",
  parameters: "parameters",
  responses: "responses",
};

/** Its responses have their schema beside them. */
const OLD_CHILDREN: typeof CHILDREN = {
  ...CHILDREN,
  response: { ...CHILDREN.response, schema: { kind: "schema", form: "one" } },
};

/** The components that a document gets from its files, and their names. */
export class Additions {
  /** Of the version that the document is written in. */
  readonly children: typeof CHILDREN;
  readonly #isOld: boolean;
  readonly #taken = new Set<string>();
  readonly #names = new FreeNames((id) => this.#taken.has(id));
  readonly #claimed = new Set<string>();
  readonly #targets = new Map<string, Target>();
  readonly #values = new Map<Target, Json>();

  /** @param isOld whether it is Swagger 2.0 */
  constructor(isOld: boolean) {
    this.#isOld = isOld;
    this.children = isOld ? OLD_CHILDREN : CHILDREN;
  }

  /** The section at those keys of the document; undefined if there is none. */
  sectionAt(keys: readonly string[]): Section | undefined {
    return (Object.keys(SECTIONS) as Section[]).find((section) => this.#keysOf(section)?.join("/") === keys.join("/"));
  }

  /** The names that the document itself has. */
  reserve(parts: readonly (readonly [keys: readonly string[], part: { readonly value: Json }])[]): void {
    for (const [keys, { value }] of parts) {
      const section = this.sectionAt(keys);
      if (section === undefined || !isObject(value)) continue;
      for (const name of Object.keys(value)) this.#taken.add(`${section}/${name}`);
    }
  }

  /** Gives a place the name of a component that is nothing but a reference to it; undefined if it has another one already. */
  claim(place: Place, name: string): Target | undefined {
    const section = sectionOf(place.kind);
    if (section === undefined || this.#targets.has(keyOf(place))) return undefined;
    this.#claimed.add(`${section}/${name}`);
    return this.#add(place, section, name);
  }

  isClaimed(section: Section, name: string): boolean {
    return this.#claimed.has(`${section}/${name}`);
  }

  /** @param shown its file's name for people. No target: what is of that kind can be nowhere else. */
  target(place: Place, shown: string): { readonly target: Target | undefined; readonly isNew: boolean } {
    const known = this.#targets.get(keyOf(place));
    const section = sectionOf(place.kind);
    if (known !== undefined || section === undefined || this.#keysOf(section) === undefined) {
      return { target: known, isNew: false };
    }
    return { target: this.#add(place, section, this.#freeName(section, place.fragment, shown)), isNew: true };
  }

  put(target: Target, value: Json): void {
    this.#values.set(target, value);
  }

  /** All of them, by the keys of their section. */
  values(): readonly { readonly keys: readonly string[]; readonly value: JsonObject }[] {
    const bySection = Map.groupBy(this.#values, ([{ section }]) => section);
    return [...bySection].map(([section, entries]) => ({
      keys: this.#keysOf(section) ?? [],
      value: Object.fromEntries(entries.map(([{ name }, value]) => [name, value])),
    }));
  }

  #add(place: Place, section: Section, name: string): Target {
    const pointer = `#/${[...(this.#keysOf(section) ?? []), pointerToken(name)].join("/")}`;
    const target = { ...place, section, name, pointer };
    this.#targets.set(keyOf(place), target);
    this.#taken.add(`${section}/${name}`);
    return target;
  }

  #keysOf(section: Section): readonly string[] | undefined {
    if (!this.#isOld) return ["components", section];
    const key = OLD_SECTIONS[section];
    return key === undefined ? undefined : [key];
  }

  /** The name that it has in its file, or that of the file; where that is taken, both. */
  #freeName(section: Section, fragment: string, shown: string): string {
    const stem = nameFrom(
      shown
        .replace(/\?.*/s, "")
        .replace(/\.[A-Za-z0-9]+$/, "")
        .split("/")
        .at(-1) ?? "",
    );
    const last = fragment.startsWith("/") ? pointerKeys(fragment.slice(1))?.at(-1) : fragment;
    const own = nameFrom(last ?? "") || stem || "file";
    const wanted = [own, `${stem || "file"}_${own}`];
    const free = wanted.find((name) => !this.#taken.has(`${section}/${name}`));
    return free ?? this.#names.free(`${section}/${wanted[1]}`).slice(section.length + 1);
  }
}

function keyOf({ kind, file, fragment }: Place): string {
  return `${kind} ${file}#${fragment}`;
}
