import { moreCautious } from "./sum-canaries.ts";
import type { RouteView } from "./view.ts";

/**
 * The routes that all workers have, with what these say of their canaries: without a common store each decides for itself,
 * and that one has stopped is to be seen.
 *
 * @param lists what workers have answered; while a reload goes on, one may have other routes than another
 */
export function sumRoutes(
  routes: readonly RouteView[],
  lists: readonly (readonly RouteView[])[],
): readonly RouteView[] {
  return routes.map(({ canary: _, ...route }) => {
    const canaries = lists.flatMap((list) => list.find(({ name }) => name === route.name)?.canary ?? []);
    return canaries.length === 0 ? route : { ...route, canary: canaries.reduce(moreCautious) };
  });
}
