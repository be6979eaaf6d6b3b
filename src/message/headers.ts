/** Where a message is composed. */
export interface ByteSink {
  /** Copies a part of other bytes. */
  part(source: Buffer, start: number, end: number): unknown;
}

/** Field lines as they are on the wire, checked. */
export interface WireFields {
  readonly hasDate: boolean;
  /** There may be fields that only a trusted proxy may send. */
  readonly mayHaveProxyFields: boolean;
  /** Whether there is a Traceparent or a Tracestate. */
  readonly hasTrace: boolean;
  /** name, value, name, value, …: names in lower case. */
  parse(): string[];
  /** The value of each line of that name where that is known without taking the lines apart; else undefined. */
  valuesOf(name: string): string[] | undefined;
  /** Whether there is certainly no line of that name, which is in lower case; false where that is not known so soon. */
  lacks(name: string): boolean;
  /** Copies the lines that go from one side of the gateway to the other: all but Host and what is about one connection. */
  copyTo(out: ByteSink): void;
}

/**
 * A header section: names in lower case and values, in the order of the wire, duplicates kept (RFC 9110 §5.3).
 *
 * Names are compared as they are given: pass them in lower case. Values are checked when they are set, so nothing
 * that is read from a request or written by a plugin can start another header line (RFC 9110 §5.5).
 */
export class HeaderList {
  #flat: string[] | undefined;
  #wire: WireFields | undefined;
  /** What was added to the lines as they came: name, value, name, value, …; they stand for themselves then. */
  #added: string[] | undefined = undefined;

  /** @param fields name, value, name, value, …; or field lines as they came, which are taken apart at first use */
  constructor(fields: string[] | WireFields = []) {
    const isFlat = Array.isArray(fields);
    this.#flat = isFlat ? fields : undefined;
    this.#wire = isFlat ? undefined : fields;
  }

  /** name, value, name, value, …; read it in hot loops, change it only through the methods. */
  get flat(): readonly string[] {
    return this.#parsed();
  }

  /** The lines as they came, as long as none of them is changed. */
  get wire(): WireFields | undefined {
    return this.#wire;
  }

  /** What has been added behind the lines as they came: name, value, name, value, …. */
  get added(): readonly string[] {
    return this.#added ?? NONE;
  }

  /** As long as nobody has had the lines taken apart, which costs more than all of a plugin that reads one field. */
  #known(name: string): string[] | undefined {
    return this.#flat === undefined && this.#added === undefined ? this.#wire?.valuesOf(name) : undefined;
  }

  #parsed(): string[] {
    if (this.#flat !== undefined) return this.#flat;
    this.#flat = this.#wire?.parse() ?? [];
    if (this.#added !== undefined) this.#flat.push(...this.#added);
    return this.#flat;
  }

  /** To be changed: the lines as they came do not hold any more. */
  #changed(): string[] {
    const flat = this.#parsed();
    this.#wire = undefined;
    this.#added = undefined;
    return flat;
  }

  /** Adds a line without a look at the others; false where they have been taken apart already. */
  #addApart(name: string, value: string): boolean {
    if (this.#flat !== undefined || this.#wire === undefined) return false;
    this.#added ??= [];
    this.#added.push(name, value);
    return true;
  }

  /** Whether there is certainly no line of that name. */
  #lacks(name: string): boolean {
    return this.#wire?.lacks(name) === true && this.#added?.includes(name) !== true;
  }

  /** A list from pairs or a plain object; names are lower-cased, values checked. */
  static of(init: Iterable<readonly [string, string]> | Readonly<Record<string, string>>): HeaderList {
    const list = new HeaderList();
    const pairs = Symbol.iterator in init ? (init as Iterable<readonly [string, string]>) : Object.entries(init);
    for (const [name, value] of pairs) list.append(name.toLowerCase(), value);
    return list;
  }

  /** Number of field lines. */
  get size(): number {
    return this.flat.length / 2;
  }

  /** The value of the field; of several lines the values joined by ", " (RFC 9110 §5.2); undefined if there is none. */
  get(name: string): string | undefined {
    const known = this.#known(name);
    if (known !== undefined) return known.length < 2 ? known[0] : known.join(", ");
    const { flat } = this;
    let found: string | undefined;
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] !== name) continue;
      found = found === undefined ? flat[i + 1] : `${found}, ${flat[i + 1]}`;
    }
    return found;
  }

  /** The value of each line of that name, in order. */
  getAll(name: string): string[] {
    const known = this.#known(name);
    if (known !== undefined) return known;
    const values: string[] = [];
    const { flat } = this;
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) values.push(flat[i + 1] as string);
    return values;
  }

  has(name: string): boolean {
    if (this.#lacks(name)) return false;
    const { flat } = this;
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return true;
    return false;
  }

  /** Replaces every line of that name by one, in the place of the first. Throws TypeError on an invalid name or value. */
  set(name: string, value: string): void {
    checkName(name);
    checkValue(name, value);
    if (this.#lacks(name) && this.#addApart(name, value)) return;
    const flat = this.#changed();
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] !== name) continue;
      flat[i + 1] = value;
      removeFrom(flat, i + 2, name);
      return;
    }
    flat.push(name, value);
  }

  /** Adds a line at the end. Throws TypeError on an invalid name or value. */
  append(name: string, value: string): void {
    checkName(name);
    checkValue(name, value);
    if (!this.#addApart(name, value)) this.#changed().push(name, value);
  }

  delete(name: string): void {
    if (this.#lacks(name)) return;
    removeFrom(this.#changed(), 0, name);
  }

  /** Removes every line whose name the test picks out, in one pass. */
  deleteWhere(isUnwanted: (name: string) => boolean): void {
    const flat = this.#changed();
    let kept = 0;
    for (let i = 0; i < flat.length; i += 2) {
      if (isUnwanted(flat[i] as string)) continue;
      if (kept !== i) {
        flat[kept] = flat[i] as string;
        flat[kept + 1] = flat[i + 1] as string;
      }
      kept += 2;
    }
    if (kept !== flat.length) flat.length = kept;
  }

  copy(): HeaderList {
    return new HeaderList(this.flat.slice());
  }

  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (let i = 0; i < this.flat.length; i += 2) yield [this.flat[i] as string, this.flat[i + 1] as string];
  }
}

const NONE: readonly string[] = Object.freeze([]);

function removeFrom(flat: string[], from: number, name: string): void {
  let kept = from;
  for (let i = from; i < flat.length; i += 2) {
    if (flat[i] === name) continue;
    if (kept !== i) {
      flat[kept] = flat[i] as string;
      flat[kept + 1] = flat[i + 1] as string;
    }
    kept += 2;
  }
  if (kept !== flat.length) flat.length = kept;
}

/** RFC 9110 §5.6.2 token, without capitals: names are kept in lower case. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** RFC 9110 §5.5: visible characters, SP, HTAB and obs-text, no white space at either end. */
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

function checkName(name: string): void {
  if (!NAME.test(name)) throw new TypeError(`invalid header name ${JSON.stringify(name)}: expected a lower-case token`);
}

function checkValue(name: string, value: string): void {
  if (!VALUE.test(value)) {
    throw new TypeError(
      `invalid value for header ${name}: control characters, outer blanks and text beyond latin1 are refused`,
    );
  }
}
