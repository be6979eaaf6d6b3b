import { GatewayError } from "../../src/plugin.ts";

/** Lists and objects within each other, at most: who reads deeper ones may run out of stack. */
export const DEEPEST_JSON = 100;

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

/**
 * The value of a JSON text. Throws `bad_request` for one that is malformed, nested too deep, or has a name twice in one object: of two values
 * readers take different ones.
 */
export function parseJson(text: string): unknown {
  const isTwice = scan(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError("bad_request", { detail: "The body is not valid JSON", cause });
  }
  if (isTwice) throw new GatewayError("bad_request", { detail: "A name occurs twice in an object of the body" });
  return value;
}

/** Whether a name occurs twice; means something only if the text is valid. */
function scan(text: string): boolean {
  const names = new Names();
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = endOfString(text, i);
      if (text.charCodeAt(afterBlanks(text, end + 1)) === COLON) names.add(nameIn(text.slice(i, end + 1)));
      i = end;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > DEEPEST_JSON) {
        throw new GatewayError("bad_request", { detail: `The body is nested deeper than ${DEEPEST_JSON} levels` });
      }
      names.open();
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
      names.close();
    }
  }
  return names.isTwice;
}

/** Objects have few names as a rule: those are compared one by one, and cost no set. */
const FEW = 12;

/** The names of the objects that are open. */
class Names {
  isTwice = false;
  readonly #names: string[] = [];
  /** Where those of each open object begin. */
  readonly #starts: number[] = [0];
  #start = 0;
  /** By how many objects are around: of those that have many. */
  readonly #sets: (Set<string> | undefined)[] = [];

  open(): void {
    this.#start = this.#names.length;
    this.#starts.push(this.#start);
  }

  close(): void {
    this.#names.length = this.#start;
    this.#sets.length = Math.min(this.#sets.length, this.#starts.length - 1);
    if (this.#starts.length > 1) this.#starts.pop();
    this.#start = this.#starts[this.#starts.length - 1] ?? 0;
  }

  add(name: string): void {
    const names = this.#names;
    if (names.length - this.#start >= FEW) return this.#addToMany(name);
    for (let i = this.#start; i < names.length; i++) if (names[i] === name) this.isTwice = true;
    names.push(name);
  }

  #addToMany(name: string): void {
    const depth = this.#starts.length - 1;
    const known = this.#sets[depth] ?? new Set(this.#names.slice(this.#start));
    this.#sets[depth] = known;
    if (known.has(name)) this.isTwice = true;
    known.add(name);
  }
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

function afterBlanks(text: string, start: number): number {
  let i = start;
  while (i < text.length && text.charCodeAt(i) <= 0x20) i++;
  return i;
}

/** As it is meant, not as it is escaped. */
function nameIn(quoted: string): string {
  if (!quoted.includes("\\")) return quoted;
  try {
    return JSON.stringify(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The text of a body. Throws `bad_request` for what is no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new GatewayError("bad_request", { detail: "The body is not in UTF-8", cause });
  }
}
