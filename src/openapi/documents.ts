import type { JsonObject } from "./json.ts";
import { OperationTable } from "./operation-table.ts";

/** The latest documents of services, for those who look at requests. It outlives reloads. */
export class Documents {
  readonly #documents = new Map<string, JsonObject>();
  readonly #tables = new Map<string, OperationTable>();

  /**
   * From now on this is the service's document.
   *
   * @param document of OpenAPI 3.1 or later, complete: see `upgraded`
   */
  put(service: string, document: JsonObject): void {
    if (this.#documents.get(service) === document) return;
    this.#documents.set(service, document);
    this.#tables.delete(service);
  }

  /** Forgets all services but these. */
  keep(services: ReadonlySet<string>): void {
    for (const service of [...this.#documents.keys()]) {
      if (services.has(service)) continue;
      this.#documents.delete(service);
      this.#tables.delete(service);
    }
  }

  /** The operations of a service, made when they are first asked for; undefined while it has no document. */
  of(service: string): OperationTable | undefined {
    const known = this.#tables.get(service);
    if (known !== undefined) return known;
    const document = this.#documents.get(service);
    if (document === undefined) return undefined;
    const table = new OperationTable(service, document);
    this.#tables.set(service, table);
    return table;
  }
}

/** What keeps values beyond a reload. */
interface Keeper {
  state<T>(key: string, create: () => T): T;
}

/** The documents of this gateway, one object as long as the process lives. */
export function documentsOf(lasting: Keeper): Documents {
  return lasting.state("openapi documents", () => new Documents());
}
