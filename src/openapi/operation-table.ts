import { Breathing } from "../config/breathing.ts";
import { type Json, type JsonObject, objectAt } from "./json.ts";
import { operationsAt, type SourceOperation } from "./operations.ts";
import { PathTree } from "./path-tree.ts";
import { Report } from "./report.ts";
import { parametersOf } from "./samples.ts";
import { Source } from "./source.ts";

/** What a service's document says of one method of one path. */
export interface DocumentedOperation {
  /** In capitals. */
  readonly method: string;
  /** As in the document: `/users/{id}`. */
  readonly path: string;
  /** Complete by itself: what path and document say for it is in it. References lead into `source`. */
  readonly value: JsonObject;
  /** References to parameters that lead nowhere, and so are not in it. */
  readonly brokenParameters: readonly string[];
  readonly source: Source;
}

/** What the document says of a request. */
export type Documented =
  | {
      readonly kind: "operation";
      readonly operation: DocumentedOperation;
      /** What stands in the path for each parameter, as it came. */
      readonly params: ReadonlyMap<string, string>;
    }
  | { readonly kind: "method-unknown"; readonly path: string; readonly methods: readonly string[] }
  | { readonly kind: "path-unknown" };

/** The operations of one service's document, to be found by what the service is asked for. It never changes. */
export class OperationTable {
  readonly source: Source;
  readonly #served = new PathTree<Entry>();
  /** By the paths of the document alone: its server may be what its authors take for the public one. */
  readonly #bare = new PathTree<Entry>();
  #hasBase = false;

  /**
   * @param document of OpenAPI 3.1 or later
   * @param paths those that are in the table from the beginning: all, unless told
   */
  constructor(service: string, document: JsonObject, paths: readonly (readonly [string, Json])[] = pathsOf(document)) {
    this.source = new Source(service, document);
    for (const [path, item] of paths) this.#addPath(path, item);
  }

  /** The same for a large document: between paths all else of the process has its turn. */
  static async inTurns(service: string, document: JsonObject): Promise<OperationTable> {
    const table = new OperationTable(service, document, []);
    const breathing = new Breathing();
    for (const [path, item] of pathsOf(document)) {
      table.#addPath(path, item);
      await breathing.step();
    }
    return table;
  }

  #addPath(path: string, item: Json): void {
    for (const operation of operationsAt(this.source, path, item, new Report())) {
      this.#add(this.#served, operation.basePath + operation.path, operation);
      if (operation.basePath === "") continue;
      this.#hasBase = true;
      this.#add(this.#bare, operation.path, operation);
    }
  }

  /**
   * @param path as the service gets it, in its one form
   * A HEAD that is not documented is the GET of its path (RFC 9110 §9.3.2).
   */
  find(method: string, path: string): Documented {
    const found = this.#find(method, path) ?? (method === "HEAD" ? this.#find("GET", path) : undefined);
    if (found !== undefined) return found;
    const other = this.#entry(path, () => true);
    if (other === undefined) return UNKNOWN;
    return { kind: "method-unknown", path: other.value.path, methods: [...other.value.operations.keys()] };
  }

  #find(method: string, path: string): Documented | undefined {
    const found = this.#entry(path, ({ operations }) => operations.has(method));
    const entry = found?.value.operations.get(method);
    if (found === undefined || entry === undefined) return undefined;
    const { operation, names } = entry;
    const params = names.length === 0 ? NO_PARAMS : new Map(names.map((name, i) => [name, found.captured[i] ?? ""]));
    return { kind: "operation", operation, params };
  }

  #entry(path: string, accepts: (entry: Entry) => boolean) {
    return this.#served.find(path, accepts) ?? (this.#hasBase ? this.#bare.find(path, accepts) : undefined);
  }

  #add(tree: PathTree<Entry>, path: string, operation: SourceOperation): void {
    const { operations } = tree.at(path, () => ({ path: operation.path, operations: new Map() }));
    if (operations.has(operation.method)) return;
    operations.set(operation.method, { operation, names: parametersOf(operation.path) });
  }
}

function pathsOf(document: JsonObject): readonly (readonly [string, Json])[] {
  return Object.entries(objectAt(document, "paths") ?? {});
}

/** All operations of paths that are one. */
interface Entry {
  readonly path: string;
  readonly operations: Map<string, { readonly operation: DocumentedOperation; readonly names: readonly string[] }>;
}

const UNKNOWN: Documented = Object.freeze({ kind: "path-unknown" });
const NO_PARAMS: ReadonlyMap<string, string> = new Map();
