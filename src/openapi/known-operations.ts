import type { JsonObject } from "./json.ts";
import { OperationTable } from "./operation-table.ts";

/** A document of OpenAPI 3.1 or later (see `upgraded`), or what reads it when somebody asks for the first time. */
export type DocumentSource = JsonObject | (() => JsonObject);

/** Of one service. */
interface Known {
  readonly source: unknown;
  /** Of the document before, until this one is read; undefined for one that could not be read. */
  table: OperationTable | undefined;
  /** Begins to read it; undefined: it is read. */
  read: (() => Promise<void> | undefined) | undefined;
}

/** The operations of services, by their latest documents, for those who look at requests. It outlives reloads. */
export class KnownOperations {
  readonly #known = new Map<string, Known>();
  /** Services whose operations somebody has asked for: large documents of theirs are read as they come. */
  readonly #wanted = new Set<string>();
  /** Large ones are read one after the other. */
  #last: Promise<void> = Promise.resolve();

  /** From now on this is the service's document. */
  put(service: string, source: DocumentSource): void {
    if (this.#known.get(service)?.source === source) return;
    const known: Known = {
      source,
      table: undefined,
      read() {
        known.read = undefined;
        known.table = tableOf(service, source);
        return undefined;
      },
    };
    this.#known.set(service, known);
  }

  /** The same for one that takes long to read. The one before counts until that is done. */
  putLarge(service: string, source: () => Promise<OperationTable>): void {
    let reading: Promise<void> | undefined;
    const known: Known = {
      source,
      table: this.#known.get(service)?.table,
      read: () => {
        reading ??= this.#last.then(async () => {
          // A later one has come meanwhile.
          if (this.#known.get(service) !== known) return;
          known.table = await source().catch(() => undefined);
          known.read = undefined;
        });
        this.#last = reading;
        return reading;
      },
    };
    this.#known.set(service, known);
    if (this.#wanted.has(service)) void known.read?.();
  }

  /** Forgets all services but these. */
  keep(services: ReadonlySet<string>): void {
    for (const service of [...this.#known.keys(), ...this.#wanted]) {
      if (services.has(service)) continue;
      this.#known.delete(service);
      this.#wanted.delete(service);
    }
  }

  /** Undefined while the service has no document, or one that is still to be read. */
  of(service: string): OperationTable | undefined {
    const known = this.#known.get(service);
    if (known?.read === undefined) return known?.table;
    this.#wanted.add(service);
    void known.read();
    return known.table;
  }

  /** Resolves when what is known of the service is read, and it is from now on as it comes; undefined if there is nothing to wait for. */
  ready(service: string): Promise<void> | undefined {
    this.#wanted.add(service);
    const known = this.#known.get(service);
    const reading = known?.read?.();
    return known?.table === undefined ? reading : undefined;
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
