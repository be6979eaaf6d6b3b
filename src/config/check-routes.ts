import { routeProblems } from "../routing/pattern.ts";
import { findShadowed } from "../routing/shadow.ts";
import { conceal } from "./conceal.ts";
import { deprecatedProblems } from "./deprecated-problems.ts";
import type { Draft, RouteEntry } from "./draft.ts";
import { effectivePlugins, type PluginLevels } from "./effective.ts";
import { below, pathText } from "./key-path.ts";
import { didYouMean } from "./nearest.ts";
import { nearestNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { RouteConfig } from "./schema.ts";
import { positionOf } from "./source.ts";
import { trafficProblems } from "./traffic-problems.ts";
import { found } from "./words.ts";

/** What the schema cannot tell of routes: names, services, patterns, and whether each can be reached. */
export function checkRoutes(draft: Draft): readonly Problem[] {
  const levels: PluginLevels = {
    plugins: draft.plugins,
    services: Object.fromEntries([...draft.services].map(([name, { plugins }]) => [name, { plugins }])),
  };
  return [
    ...nameProblems(draft.routes),
    ...draft.routes.flatMap((entry) => [
      ...serviceProblems(draft, entry),
      ...(entry.valid === undefined ? [] : destinationProblems(draft, levels, entry, entry.valid)),
      ...(entry.valid === undefined
        ? []
        : [...trafficProblems(entry.valid), ...deprecatedProblems(entry.valid)].map(({ keys, message }) =>
            at(entry, keys, message),
          )),
      ...patternProblems(entry),
    ]),
    ...shadowProblems(draft.routes),
    ...(draft.routes.length === 0 && draft.isComplete ? [noRoutes(draft)] : []),
  ];
}

function noRoutes({ root }: Draft): Problem {
  const node = nearestNode(root, ["routes"]);
  return problemAt(
    node,
    below(undefined, "routes"),
    "there is no route: every request is answered 404",
    undefined,
    "warning",
  );
}

function nameProblems(routes: readonly RouteEntry[]): readonly Problem[] {
  const problems: Problem[] = [];
  const first = new Map<string, RouteEntry>();
  for (const entry of routes) {
    const { name } = entry.value;
    if (name === undefined) continue;
    const other = first.get(name);
    if (other === undefined) first.set(name, entry);
    else problems.push(at(entry, ["name"], `another route has this name: ${placeText(other)}`));
  }
  return problems;
}

function serviceProblems({ services, isComplete }: Draft, entry: RouteEntry): readonly Problem[] {
  if (!isComplete) return [];
  const problems: Problem[] = [];
  const check = (name: string | undefined, keys: readonly (string | number)[]) => {
    if (name === undefined || services.has(name)) return;
    const node = nearestNode(entry.node, keys);
    const isSecret = node.kind === "scalar" && node.variables.length > 0;
    const hint = isSecret ? undefined : serviceHint(name, services);
    problems.push(at(entry, keys, `expected the name of a service, found ${found(node)}`, hint));
  };
  check(entry.value.service, ["service"]);
  for (const [index, share] of (entry.value.weighted ?? []).entries()) {
    check(share?.service, ["weighted", index, "service"]);
  }
  check(entry.value.canary?.service, ["canary", "service"]);
  return problems;
}

function serviceHint(name: string, services: ReadonlyMap<string, unknown>): string | undefined {
  if (services.size === 0) return "there are no services yet";
  return didYouMean(name, services.keys()) ?? `there are ${[...services.keys()].slice(0, 10).join(", ")}`;
}

/** A route goes to one service or to several weighted ones, or a plugin of its answers. */
function destinationProblems(
  { known }: Draft,
  levels: PluginLevels,
  entry: RouteEntry,
  route: RouteConfig,
): readonly Problem[] {
  const { service, weighted } = route;
  if (service !== undefined && weighted !== undefined) {
    return [at(entry, ["weighted"], "a route has either service or weighted, this one has both")];
  }
  if (weighted !== undefined) return weightProblems(entry, weighted);
  if (service !== undefined) return [];
  const plugins = effectivePlugins(levels, { plugins: entry.plugins }, known);
  if (plugins.some(({ plugin }) => plugin.answers === true)) return [];
  return [at(entry, [], "this route leads nowhere", "give it a service, or a plugin that answers, such as respond")];
}

function weightProblems(entry: RouteEntry, weighted: NonNullable<RouteConfig["weighted"]>): readonly Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [index, { service }] of weighted.entries()) {
    if (seen.has(service)) problems.push(at(entry, ["weighted", index, "service"], "this service is here twice"));
    seen.add(service);
  }
  if (weighted.every(({ weight }) => weight === 0)) {
    problems.push(at(entry, ["weighted"], "every weight is 0: no service gets a request"));
  }
  return problems;
}

/** A mistake elsewhere in the route hides none here: what is valid by itself is looked at. */
function patternProblems(entry: RouteEntry): readonly Problem[] {
  const { path } = entry.value;
  if (path === undefined) return [];
  return routeProblems({ ...entry.value, path }).map(({ key, message }) =>
    at(entry, [key], conceal(message, entry.node)),
  );
}

function shadowProblems(routes: readonly RouteEntry[]): readonly Problem[] {
  const entries = routes.filter(({ valid }) => valid !== undefined);
  const configs = entries.flatMap(({ valid }) => valid ?? []);
  return findShadowed(configs).flatMap(({ route, by }) => {
    const entry = entries[route];
    const other = entries[by];
    if (entry === undefined || other === undefined) return [];
    const message = `this route is never reached: ${placeText(other)} takes every request it would`;
    return [at(entry, ["path"], message)];
  });
}

function at(entry: RouteEntry, keys: readonly (string | number)[], message: string, hint?: string): Problem {
  return problemAt(nearestNode(entry.node, keys), below(entry.path, ...keys), message, hint);
}

function placeText({ path, place }: RouteEntry): string {
  return `${pathText(path)} on line ${positionOf(place).line} of ${place.source.name}`;
}
