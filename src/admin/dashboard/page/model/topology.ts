import type { Route, Service } from "../api/types.ts";
import { type Level, rankOf, type State, serviceState } from "./target-state.ts";

/** A service, with the routes that lead to it. */
export interface Branch {
  readonly service: Service;
  readonly state: State;
  readonly routes: readonly Way[];
}

/** A route, and how much of its requests go to that service, from 0 to 1. */
export interface Way {
  readonly route: Route;
  readonly part: number;
}

/** What leads where. */
export interface Topology {
  /** What is worst first, else in the order of the configuration. */
  readonly branches: readonly Branch[];
  /** Routes that lead to no service: the gateway answers itself. */
  readonly own: readonly Route[];
  /** Of all services, before anything is left out. */
  readonly counts: Readonly<Record<Level, number>>;
}

/** What is to be shown of it. */
export interface Wanted {
  /** In the name of a service or a route, a path or a target's address; any case. */
  readonly text: string;
  readonly onlyProblems: boolean;
}

/** Routes → services → targets, as far as they are wanted. */
export function topologyOf(
  routes: readonly Route[],
  services: readonly Service[],
  { text, onlyProblems }: Wanted,
  now: number,
): Topology {
  const ways = waysByService(routes);
  const all = services.map((service) => ({
    service,
    state: serviceState(service, now),
    routes: ways.get(service.name) ?? [],
  }));
  const counts = { good: 0, note: 0, warning: 0, critical: 0 };
  for (const { state } of all) counts[state.level]++;
  const wanted = text.trim().toLowerCase();
  const branches = all
    .filter(({ state }) => !onlyProblems || rankOf(state.level) >= rankOf("warning"))
    .filter((branch) => wanted === "" || wordsOf(branch).some((word) => word.toLowerCase().includes(wanted)))
    .toSorted((a, b) => rankOf(b.state.level) - rankOf(a.state.level));
  const own = routes.filter((route) => route.services.length === 0 && !onlyProblems && isWanted(route, wanted));
  return { branches, own, counts };
}

function waysByService(routes: readonly Route[]): ReadonlyMap<string, readonly Way[]> {
  const ways = routes.flatMap((route) => {
    const all = route.services.reduce((sum, { weight }) => sum + weight, 0);
    return route.services.map(({ name, weight }) => ({ name, way: { route, part: all === 0 ? 0 : weight / all } }));
  });
  const groups = Map.groupBy(ways, ({ name }) => name);
  return new Map([...groups].map(([name, group]) => [name, group.map(({ way }) => way)] as const));
}

function wordsOf({ service, routes }: Branch): readonly string[] {
  const ofRoutes = routes.flatMap(({ route }) => [route.name, route.path]);
  return [service.name, ...service.targets.map(({ url }) => url), ...ofRoutes];
}

function isWanted({ name, path }: Route, text: string): boolean {
  return name.toLowerCase().includes(text) || path.toLowerCase().includes(text);
}
