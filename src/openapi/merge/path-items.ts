import { METHODS } from "../grammar.ts";
import { type Draft, type JsonObject, objectAt } from "../json.ts";
import { order } from "./names.ts";

/** The object `paths` as it is made, operation by operation. */
export class PathItems {
  readonly #items = new Map<string, Draft>();
  readonly #counts = new Map<string, number>();

  add(path: string, method: string, service: string, operation: JsonObject): void {
    this.#counts.set(service, (this.#counts.get(service) ?? 0) + 1);
    const item = this.#items.get(path) ?? {};
    this.#items.set(path, item);
    const key = method.toLowerCase();
    if ((METHODS as readonly string[]).includes(key)) item[key] = operation;
    else item.additionalOperations = { ...objectAt(item, "additionalOperations"), [method]: operation };
  }

  get paths(): JsonObject {
    return Object.fromEntries([...this.#items].sort(([a], [b]) => order(a, b)));
  }

  /** How many of each service are in it. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
