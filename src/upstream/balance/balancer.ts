import type { ServiceConfig } from "../../config/schema.ts";
import type { Context } from "../../context.ts";
import { consistentHash } from "./consistent-hash.ts";
import { type HashOn, hashKeyReader } from "./hash-key.ts";
import { leastRequest } from "./least-request.ts";
import { random } from "./random.ts";
import { roundRobin } from "./round-robin.ts";
import { type Balanced, createEligibility, type Leniency, type Strategy } from "./strategy.ts";
import { weightedRoundRobin } from "./weighted-round-robin.ts";

/** Chooses the target of an attempt. */
export interface Balancer<T extends Balanced> {
  /**
   * `tried` are the targets of earlier attempts of this request: avoided while another usable one is left. Undefined
   * only if every target has weight 0.
   */
  pick(ctx: Context, tried: readonly T[]): T | undefined;
}

export interface BalancerOptions<T extends Balanced> {
  /** What consistent-hash hashes; without it that strategy is random. */
  readonly hashOn?: HashOn | undefined;
  /** Uniform in [0, 1); injected in tests. Default Math.random. */
  readonly random?: () => number;
  /** Whether the target is healthy now; while none is, all are used. Default: always. */
  readonly isUsable?: (target: T) => boolean;
  /** What a target that is starting slowly gets of its share now, 0 to 1. Default: none starts slowly. */
  readonly shareOf?: (target: T) => number;
}

/** The balancer of one service. Targets of weight 0 are never chosen, not even when they are the only ones. */
export function createBalancer<T extends Balanced>(
  strategy: ServiceConfig["balance"],
  targets: readonly T[],
  options: BalancerOptions<T> = {},
): Balancer<T> {
  const weighted = targets.filter((target) => target.weight > 0);
  if (weighted.length < 2) return fixed(weighted[0]);
  const balancer = lenient(createStrategy(strategy, weighted, options));
  const { shareOf } = options;
  return shareOf === undefined ? balancer : startingSlowly(balancer, shareOf, options.random ?? Math.random);
}

function createStrategy<T extends Balanced>(
  strategy: ServiceConfig["balance"],
  targets: readonly T[],
  options: BalancerOptions<T>,
): Strategy<T> {
  const draw = options.random ?? Math.random;
  const isEligible = createEligibility(options.isUsable);
  const hasEqualWeights = targets.every((target) => target.weight === targets[0]?.weight);
  switch (strategy) {
    case "round-robin":
      return (hasEqualWeights ? roundRobin : weightedRoundRobin)(targets, isEligible, draw);
    case "random":
      return random(targets, isEligible, draw);
    case "least-request":
      return leastRequest(targets, isEligible, draw);
    case "consistent-hash":
      return consistentHash(targets, isEligible, hashKeyReader(options.hashOn), random(targets, isEligible, draw));
  }
}

/** No target, or one: nothing to choose. */
function fixed<T extends Balanced>(target: T | undefined): Balancer<T> {
  return { pick: () => target };
}

function lenient<T extends Balanced>(strategy: Strategy<T>): Balancer<T> {
  return {
    pick(ctx, tried) {
      for (let leniency = 0; leniency < 4; leniency++) {
        const target = strategy.choose(ctx, tried, leniency as Leniency);
        if (target !== undefined) return target;
      }
      return undefined;
    },
  };
}

/** A target that gets only a part of its share passes the rest of its turns on to the others, if there are any. */
function startingSlowly<T extends Balanced>(
  balancer: Balancer<T>,
  shareOf: (target: T) => number,
  draw: () => number,
): Balancer<T> {
  return {
    pick(ctx, tried) {
      const target = balancer.pick(ctx, tried);
      if (target === undefined) return undefined;
      const share = shareOf(target);
      if (share >= 1 || draw() < share) return target;
      const other = balancer.pick(ctx, [...tried, target]);
      return other === undefined || tried.includes(other) ? target : other;
    },
  };
}
