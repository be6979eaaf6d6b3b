import { FreeNames } from "../free-names.ts";
import { textAt } from "../json.ts";
import type { Report } from "../report.ts";
import { nameOf, order } from "./names.ts";
import type { PlacedOperation } from "./place.ts";

/** The id of each operation: its own where nobody else has it, else with the service's name before it. */
export function nameOperations(
  placed: readonly PlacedOperation[],
  report: Report,
): ReadonlyMap<PlacedOperation, string> {
  const sorted = placed.toSorted(
    (a, b) => order(a.operation.source.service, b.operation.source.service) || order(keyOf(a), keyOf(b)),
  );
  const owners = Map.groupBy(sorted, ({ operation }) => textAt(operation.value, "operationId"));
  const shared = new Set([...owners].flatMap(([id, own]) => (isOfMany(own) ? [id] : [])));
  const taken = new Set([...owners.keys()].filter((id) => id !== undefined));
  const names = new FreeNames((id) => taken.has(id) || used.has(id));
  const ids = new Map<PlacedOperation, string>();
  const used = new Set<string>();
  for (const one of sorted) {
    const { source, value, pointer } = one.operation;
    const own = textAt(value, "operationId");
    const isUnique = own !== undefined && !shared.has(own) && !used.has(own);
    const id = isUnique ? own : names.free(`${nameOf(source.service)}_${own ?? slugOf(one)}`);
    used.add(id);
    ids.set(one, id);
    if (own === undefined || isUnique) continue;
    report.add({ kind: "operation-id-renamed", service: source.service, pointer, message: `${own} is ${id}` });
  }
  return ids;
}

function isOfMany(operations: readonly PlacedOperation[]): boolean {
  const [first] = operations;
  return operations.some(({ operation }) => operation.source !== first?.operation.source);
}

function keyOf({ path, operation }: PlacedOperation): string {
  return `${path} ${operation.method}`;
}

function slugOf({ operation, path }: PlacedOperation): string {
  return `${operation.method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "")}`;
}
