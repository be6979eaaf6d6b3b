import { Breathing } from "../config/breathing.ts";
import type { RouteConfig } from "../config/schema.ts";
import type { RoutedRequest } from "../message/request.ts";
import type { ConditionSource } from "../routing/conditions.ts";
import { byteText, queryValue } from "../routing/query.ts";
import { buildRouter } from "../routing/router.ts";
import type { CompiledRoute } from "../snapshot.ts";
import { whyBetter } from "./precedence.ts";
import type { Candidate, Loss } from "./report.ts";

/**
 * What each route has to do with the request: the one that takes it first, then those that came closest. Every condition is
 * asked by itself, of a router that has nothing else: the words are ours, the verdicts are the router's own.
 */
export async function candidatesOf(
  request: RoutedRequest,
  routes: readonly CompiledRoute[],
  winner: CompiledRoute | undefined,
  placeOf: (route: RouteConfig) => string,
): Promise<readonly Candidate[]> {
  const breathing = new Breathing();
  const candidates: Candidate[] = [];
  for (const { info, config } of routes) {
    const { name, path } = info;
    const isTaken = config === winner?.config;
    const losses = isTaken ? [] : lossesOf(request, config, winner);
    candidates.push({ name, path, place: placeOf(config), isTaken, losses });
    await breathing.step();
  }
  return candidates.sort((a, b) => distance(a, request.path) - distance(b, request.path));
}

/** For order alone: the routes that lack least, and among those the ones whose path begins like the request's. */
function distance({ isTaken, losses, path }: Candidate, asked: string): number {
  if (isTaken) return -1;
  const score = losses.reduce((sum, { by }) => sum + WEIGHTS[by], 0);
  return score + 1 - commonStart(path, asked) / (asked.length + path.length);
}

const WEIGHTS: Readonly<Record<Loss["by"], number>> = {
  "better-match": 0,
  method: 2,
  query: 3,
  header: 4,
  host: 8,
  path: 100,
};

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function lossesOf(request: RoutedRequest, route: RouteConfig, winner: CompiledRoute | undefined): readonly Loss[] {
  const losses = [...pathLoss(request, route), ...hostLoss(request, route), ...headerLosses(request, route)];
  losses.push(...queryLosses(request, route), ...methodLoss(request, route));
  if (losses.length > 0 || winner === undefined) return losses;
  return [{ by: "better-match", reason: `${winner.info.name}: ${whyBetter(winner.config, route)}` }];
}

function pathLoss(request: RoutedRequest, { path }: RouteConfig): readonly Loss[] {
  if (takes(request, { path })) return [];
  return [{ by: "path", reason: `the path is not ${path}` }];
}

function hostLoss(request: RoutedRequest, { host }: RouteConfig): readonly Loss[] {
  if (host === undefined || takes(request, { path: "/*", host })) return [];
  return [{ by: "host", reason: `the host is not ${host}` }];
}

function methodLoss(request: RoutedRequest, { methods }: RouteConfig): readonly Loss[] {
  if (methods === undefined || takes(request, { path: "/*", methods })) return [];
  return [{ by: "method", reason: `the method is not ${methods.join(" or ")}` }];
}

function headerLosses(request: RoutedRequest, { headers = {} }: RouteConfig): readonly Loss[] {
  return Object.entries(headers).flatMap(([name, value]): readonly Loss[] => {
    if (takes(request, { path: "/*", headers: { [name]: value } })) return [];
    const isThere = request.headers.has(name.toLowerCase());
    return [{ by: "header", reason: isThere ? `${name} is not ${value}` : `there is no header ${name}: ${value}` }];
  });
}

function queryLosses(request: RoutedRequest, { query = {} }: RouteConfig): readonly Loss[] {
  return Object.entries(query).flatMap(([name, value]): readonly Loss[] => {
    if (takes(request, { path: "/*", query: { [name]: value } })) return [];
    const isThere = queryValue(request.query ?? "", byteText(name)) !== undefined;
    const reason = isThere ? `the parameter ${name} is not ${value}` : `there is no parameter ${name}=${value}`;
    return [{ by: "query", reason }];
  });
}

type Asked = ConditionSource & { readonly path: string; readonly host?: string };

function takes(request: RoutedRequest, asked: Asked): boolean {
  return buildRouter([{ ...asked, value: true }]).match(request)?.kind === "match";
}
