import type { RouteConfig } from "./schema.ts";

/** One mistake in how a route shares out its requests, and the keys of the route that lead to it. */
export interface TrafficProblem {
  readonly keys: readonly (string | number)[];
  readonly message: string;
}

/** What the schema cannot tell of `canary`, `sticky`, `force` and the names of variants. */
export function trafficProblems(route: RouteConfig): readonly TrafficProblem[] {
  return [...variantProblems(route), ...stickyProblems(route), ...canaryProblems(route)];
}

function variantProblems({ weighted, canary, force }: RouteConfig): readonly TrafficProblem[] {
  const problems: TrafficProblem[] = [];
  const seen = new Set<string>();
  for (const [index, { service, variant }] of (weighted ?? []).entries()) {
    const name = variant ?? service;
    if (variant !== undefined && seen.has(name)) {
      problems.push({ keys: ["weighted", index, "variant"], message: `another variant is called ${name}` });
    }
    seen.add(name);
  }
  if (force !== undefined && weighted === undefined && canary === undefined) {
    problems.push({ keys: ["force"], message: "there is nothing to choose from: force needs weighted or canary" });
  }
  return problems;
}

function stickyProblems({ weighted, canary, sticky }: RouteConfig): readonly TrafficProblem[] {
  if (sticky === undefined) return [];
  const { cookie, "hash-on": hashOn } = sticky;
  if (weighted === undefined && canary === undefined) {
    return [{ keys: ["sticky"], message: "there is nothing to stay with: sticky needs weighted or canary" }];
  }
  if ((cookie === undefined) === (hashOn === undefined)) {
    return [{ keys: ["sticky"], message: "expected either cookie or hash-on" }];
  }
  return [];
}

function canaryProblems({ service, weighted, canary }: RouteConfig): readonly TrafficProblem[] {
  if (canary === undefined) return [];
  if (weighted !== undefined) return [{ keys: ["canary"], message: "a route has either weighted or canary" }];
  if (service === undefined)
    return [{ keys: ["canary"], message: "a canary stands beside a service: give service, too" }];
  const problems: TrafficProblem[] = [];
  if (canary.service === service) {
    problems.push({ keys: ["canary", "service"], message: "this is the service that the canary is compared with" });
  }
  if (canary.every === 0) problems.push({ keys: ["canary", "every"], message: "a step lasts longer than 0s" });
  if (canary.window === 0) problems.push({ keys: ["canary", "window"], message: "a window is longer than 0s" });
  for (const [index, share] of canary.steps.entries()) {
    if (share > 1) problems.push({ keys: ["canary", "steps", index], message: "a share is at most 100%" });
    const before = canary.steps[index - 1];
    if (before !== undefined && share <= before) {
      problems.push({ keys: ["canary", "steps", index], message: "each step is larger than the one before" });
    }
  }
  return problems;
}
