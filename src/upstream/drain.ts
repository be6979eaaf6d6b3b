import type { Config } from "../config/schema.ts";
import { targetIdentity } from "../config/target-url.ts";
import { urlOf } from "./target-factory.ts";

/** A target that an operator has taken out: it gets no new requests, whatever else there is to choose from. */
export interface Drain {
  readonly service: string;
  /** Its URL, as /api/services tells it. */
  readonly target: string;
  /** In ms since 1970. */
  readonly since: number;
}

/**
 * Those of them that another configuration still has a target for. Where targets are discovered one that is away for a while
 * comes back drained.
 */
export function drainsIn({ services }: Pick<Config, "services">, drains: readonly Drain[]): readonly Drain[] {
  return drains.filter(({ service, target }) => {
    const config = services[service];
    if (config === undefined) return false;
    const identity = targetIdentity(target);
    return config.discover !== undefined || config.targets.some((entry) => targetIdentity(urlOf(entry)) === identity);
  });
}

/** The URLs of a service's drained targets. */
export function drainedOf(drains: readonly Drain[], service: string): ReadonlySet<string> {
  return new Set(drains.flatMap((drain) => (drain.service === service ? [drain.target] : [])));
}
