import type { RouteConfig } from "../../config/schema.ts";
import { HeaderList } from "../../message/headers.ts";
import { canonicalPath } from "../../message/path.ts";
import type { RoutedRequest } from "../../message/request.ts";
import { type PathPattern, parsePattern } from "../../routing/path-pattern.ts";
import { compileRewrite, type Rewrite } from "../../routing/rewrite.ts";
import { buildRouter, type Router } from "../../routing/router.ts";
import { fillSamples, sampleSets } from "../samples.ts";
import { externalPaths } from "./invert.ts";

/** A route as its operations are found through it. */
export interface RouteEntry {
  readonly config: RouteConfig;
  /** Its place in the configuration. */
  readonly index: number;
  readonly pattern: PathPattern;
  readonly rewrite: Rewrite | undefined;
}

/** An operation of a service at a path of the gateway. */
export interface Place {
  readonly route: RouteEntry;
  /** As OpenAPI writes it: `/users/{id}`. */
  readonly path: string;
}

/** Finds where clients reach what a service serves. */
export interface Projector {
  readonly routes: readonly RouteEntry[];
  /**
   * Every place of an operation behind the routes to that service.
   *
   * @param upstreamPath as the service serves it, with `{name}` for parameters
   * @param samples values for parameters by name, for routes that do not take just any
   */
  places(
    service: string,
    method: string,
    upstreamPath: string,
    samples: Readonly<Record<string, string>>,
  ): readonly Place[];
}

/** A projector over the routes of a configuration. What it answers has been tried with the gateway's own router. */
export function createProjector(configs: readonly RouteConfig[]): Projector {
  const routes = configs.map((config, index) => ({
    config,
    index,
    pattern: parsePattern(config.path),
    rewrite: compileRewrite(config),
  }));
  const router = buildRouter(routes.map((route) => ({ ...route.config, value: route })));
  return {
    routes,
    places(service, method, upstreamPath, samples) {
      return routes
        .filter((route) => leadsTo(route.config, service))
        .flatMap((route) => {
          const paths = externalPaths(route, upstreamPath);
          const path = paths.find((candidate) => isServed(router, route, method, candidate, upstreamPath, samples));
          return path === undefined ? [] : [{ route, path }];
        });
    },
  };
}

/** The services that a route leads to, the most important first; those without a share are not reached. */
export function servicesOf({ service, weighted }: RouteConfig): readonly string[] {
  if (service !== undefined) return [service];
  return (weighted ?? [])
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .map((share) => share.service);
}

function leadsTo(config: RouteConfig, service: string): boolean {
  return servicesOf(config).includes(service);
}

/** Whether a request to that path comes by that route to the path of the service. */
function isServed(
  router: Router<RouteEntry>,
  route: RouteEntry,
  method: string,
  path: string,
  upstreamPath: string,
  samples: Readonly<Record<string, string>>,
): boolean {
  return sampleSets(path, samples).some((values) => {
    const asked = canonicalPath(fillSamples(path, values));
    const expected = canonicalPath(fillSamples(upstreamPath, values));
    if (asked === undefined || expected === undefined) return false;
    const routed = router.match(requestFor(route.config, method, asked));
    if (routed?.kind !== "match" || routed.value !== route) return false;
    try {
      return (route.rewrite?.(asked, routed.params) ?? asked) === expected;
    } catch {
      // The route refuses to rewrite such a path: it is not reached by it.
      return false;
    }
  });
}

function requestFor(config: RouteConfig, method: string, path: string): RoutedRequest {
  const query = Object.entries(config.query ?? {})
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  return {
    method,
    path,
    host: hostOf(config) ?? "gateway.invalid",
    query: query === "" ? undefined : query,
    headers: HeaderList.of(config.headers ?? {}),
  };
}

/** A host that the route takes; undefined if it takes any. */
export function hostOf({ host }: RouteConfig): string | undefined {
  return host?.replace(/^\*\./, "any.");
}
