import type { JsonObject } from "./json.ts";
import { OperationTable } from "./operation-table.ts";

/** A document of OpenAPI 3.1 or later (see `upgraded`), or what reads it when somebody asks for the first time. */
export type DocumentSource = JsonObject | (() => JsonObject);

/** The operations of services, by their latest documents, for those who look at requests. It outlives reloads. */
export class KnownOperations {
  readonly #documents = new Map<string, DocumentSource>();
  /** Undefined for a document that could not be read. */
  readonly #tables = new Map<string, OperationTable | undefined>();

  /** From now on this is the service's document. */
  put(service: string, document: DocumentSource): void {
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

  /** Undefined while the service has no document. */
  of(service: string): OperationTable | undefined {
    const known = this.#tables.get(service);
    if (known !== undefined || this.#tables.has(service)) return known;
    const document = this.#documents.get(service);
    if (document === undefined) return undefined;
    const table = tableOf(service, document);
    this.#tables.set(service, table);
    return table;
  }
}

function tableOf(service: string, document: DocumentSource): OperationTable | undefined {
  try {
    return new OperationTable(service, typeof document === "function" ? document() : document);
  } catch {
    return undefined;
  }
}

/** What keeps values beyond a reload. */
interface Keeper {
  state<T>(key: string, create: () => T): T;
}

/** The operations that this gateway knows of, one object as long as the process lives. */
export function knownOperations(lasting: Keeper): KnownOperations {
  return lasting.state("openapi operations", () => new KnownOperations());
}
