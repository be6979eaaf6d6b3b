import { textAt } from "./json.ts";
import { nameOf, order } from "./names.ts";
import type { PlacedOperation } from "./place.ts";
import type { Report } from "./report.ts";

/** The id of each operation: its own where nobody else has it, else with the service's name before it. */
export function nameOperations(
  placed: readonly PlacedOperation[],
  report: Report,
): ReadonlyMap<PlacedOperation, string> {
  const sorted = placed.toSorted(
    (a, b) => order(a.operation.source.service, b.operation.source.service) || order(keyOf(a), keyOf(b)),
  );
  const owners = Map.groupBy(sorted, ({ operation }) => textAt(operation.value, "operationId"));
  const taken = new Set([...owners.keys()].filter((id) => id !== undefined));
  const ids = new Map<PlacedOperation, string>();
  const used = new Set<string>();
  for (const one of sorted) {
    const { source, value, pointer } = one.operation;
    const own = textAt(value, "operationId");
    const services = new Set((owners.get(own) ?? []).map(({ operation }) => operation.source));
    const isUnique = own !== undefined && services.size === 1 && !used.has(own);
    const id = isUnique ? own : free(`${nameOf(source.service)}_${own ?? slugOf(one)}`, taken, used);
    used.add(id);
    ids.set(one, id);
    if (own === undefined || isUnique) continue;
    report.add({ kind: "operation-id-renamed", service: source.service, pointer, message: `${own} is ${id}` });
  }
  return ids;
}

function free(wanted: string, taken: ReadonlySet<string>, used: ReadonlySet<string>): string {
  let id = wanted;
  for (let n = 2; taken.has(id) || used.has(id); n++) id = `${wanted}_${n}`;
  return id;
}

function keyOf({ path, operation }: PlacedOperation): string {
  return `${path} ${operation.method}`;
}

function slugOf({ operation, path }: PlacedOperation): string {
  return `${operation.method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "")}`;
}
