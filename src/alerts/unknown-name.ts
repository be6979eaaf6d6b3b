import type { SilenceRequest } from "../admin/alerts.ts";
import { didYouMean } from "../config/nearest.ts";
import type { Config } from "../config/schema.ts";
import { routeNameOf } from "../routing/route-name.ts";
import type { Rule } from "./rule.ts";

/** What a silence names and nobody knows, in words: it would silence nothing. Undefined if all is known. */
export function unknownName(request: SilenceRequest, config: Config, rules: readonly Rule[]): string | undefined {
  const known = {
    rule: rules.map(({ name }) => name),
    route: config.routes.map(routeNameOf),
    service: Object.keys(config.services),
  };
  for (const kind of ["rule", "route", "service"] as const) {
    const name = request[kind];
    if (name === undefined || known[kind].includes(name)) continue;
    const hint = didYouMean(name, known[kind]);
    return `There is no ${kind} ${JSON.stringify(name)}${hint === undefined ? "" : `: ${hint}`}`;
  }
  return undefined;
}
