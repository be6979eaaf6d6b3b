import { type JsonObject, pointerToken } from "../json.ts";
import { canonicalText } from "../merge/identity.ts";

/** Answers of the gateway that many operations have, each once, as components: `Gateway401`, `Gateway401-2`. */
export class SharedResponses {
  readonly #references = new Map<JsonObject, JsonObject>();
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #components = new Map<string, JsonObject>();

  /** What stands for a response in an operation. */
  reference(status: string, response: JsonObject): JsonObject {
    const known = this.#references.get(response);
    if (known !== undefined) return known;
    const reference = { $ref: `#/components/responses/${pointerToken(this.#nameOf(status, response))}` };
    this.#references.set(response, reference);
    return reference;
  }

  /** By name, in the order of the names. */
  get components(): Readonly<Record<string, JsonObject>> {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #nameOf(status: string, response: JsonObject): string {
    const key = `${status} ${canonicalText(response)}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(status) ?? 0) + 1;
    this.#counts.set(status, count);
    const name = `Gateway${status}${count === 1 ? "" : `-${count}`}`;
    this.#names.set(key, name);
    this.#components.set(name, response);
    return name;
  }
}

/** Whether a response of a service cannot have that name, for one of the gateway's may. */
export function isSharedName(name: string): boolean {
  return /^Gateway[1-5](\d\d|XX)(-\d+)?$/.test(name);
}
