import type { Scope } from "../../src/plugin.ts";
import { CompiledOperations } from "./compiled.ts";

/** What all instances share, beyond reloads. */
export interface Shared {
  readonly compiled: CompiledOperations;
  /** What of the documents cannot be checked, and why, by service. */
  readonly unchecked: Map<string, Set<string>>;
}

const MOST_UNCHECKED = 100;

export function sharedOf(scope: Scope): Shared {
  return scope.state("shared", () => {
    const unchecked = new Map<string, Set<string>>();
    const onUnchecked = (service: string, what: string) => {
      const known = unchecked.get(service) ?? new Set();
      if (known.has(what) || known.size === MOST_UNCHECKED) return;
      unchecked.set(service, known.add(what));
      scope.log.warn("a part of a document cannot be checked", { service, reason: what });
    };
    return { compiled: new CompiledOperations(onUnchecked), unchecked };
  });
}

/** One of a configuration's instances answers for all: `scope.admin` is the same for them. */
const served = new WeakSet<object>();

/** GET tells what drifts and what cannot be checked, DELETE forgets what was seen. */
export function addEndpoints({ admin, drift }: Scope, { unchecked }: Shared): void {
  if (served.has(admin)) return;
  served.add(admin);
  admin.get("/", () => {
    const { lines, others } = drift.report();
    const reasons = [...unchecked].flatMap(([service, all]) => [...all].map((reason) => ({ service, reason })));
    return Response.json({ drift: lines, others, unchecked: reasons });
  });
  admin.delete("/", () => {
    drift.clear();
    return new Response(null, { status: 204 });
  });
}
