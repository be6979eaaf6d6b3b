import type { Context } from "../../context.ts";

/** What balancing needs to know of a target. */
export interface Balanced {
  /** Its identity: the same URL gets the same keys, whatever the order in the YAML. */
  readonly url: string;
  /** Share of the requests; 0: none. Read once, at load. */
  readonly weight: number;
  /** Requests under way now. */
  readonly inFlight: number;
}

/** How picky a choice is; a balancer goes from the pickiest to the least until a target fits. */
export type Leniency = 0 | 1 | 2 | 3;

/** Says whether a target may be chosen at this leniency. */
export type Eligibility<T extends Balanced> = (target: T, tried: readonly T[], leniency: Leniency) => boolean;

/** One strategy: chooses among the eligible targets; undefined if there is none. */
export interface Strategy<T extends Balanced> {
  choose(ctx: Context, tried: readonly T[], leniency: Leniency): T | undefined;
}

/** Usable and untried, then usable, then untried, then any: when none is usable, all are used. */
export function createEligibility<T extends Balanced>(isUsable: ((target: T) => boolean) | undefined): Eligibility<T> {
  if (isUsable === undefined) return (target, tried, leniency) => leniency % 2 === 1 || !tried.includes(target);
  return (target, tried, leniency) => {
    if (leniency < 2 && !isUsable(target)) return false;
    return leniency % 2 === 1 || !tried.includes(target);
  };
}
