import { FreeNames } from "../free-names.ts";
import { pointerToken, textAt } from "../json.ts";
import { nameOf } from "./names.ts";
import type { PlacedOperation } from "./place.ts";
import type { Names } from "./writer.ts";

/** For what refers to operations, by pointer or by id: where these stand now, and what they are called there. */
export function referenceNames(
  placed: readonly PlacedOperation[],
  ids: ReadonlyMap<PlacedOperation, string>,
  components: Names["components"],
): Names {
  const byPointer = new Map<string, { readonly id: string; readonly pointer: string }>();
  const byId = new Map<string, string>();
  const used = new Set(ids.values());
  const names = new FreeNames((id) => used.has(id));
  for (const one of placed) {
    const { source, pointer, value, method } = one.operation;
    const id = ids.get(one) ?? "";
    const at = `/paths/${pointerToken(one.path)}/${method.toLowerCase()}`;
    if (!byPointer.has(`${source.service} ${pointer}`))
      byPointer.set(`${source.service} ${pointer}`, { id, pointer: at });
    const own = textAt(value, "operationId");
    if (own !== undefined && !byId.has(`${source.service} ${own}`)) byId.set(`${source.service} ${own}`, pointer);
  }
  return {
    components,
    operationAt: ({ service }, pointer) => byPointer.get(`${service} ${pointer}`),
    pointerOf: ({ service }, id) => byId.get(`${service} ${id}`),
    freshId({ service }, wanted) {
      const id = used.has(wanted) ? names.free(`${nameOf(service)}_${wanted}`) : wanted;
      used.add(id);
      return id;
    },
  };
}
