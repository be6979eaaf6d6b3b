import { routeNameOf } from "../routing/route-name.ts";
import { BUILT_IN } from "./alert-rules.ts";
import type { Draft } from "./draft.ts";

/** What a rule may name. */
export interface RuleNames {
  /** Rules, and `default`. */
  readonly builtIn: readonly string[];
  readonly route: ReadonlySet<string>;
  readonly service: ReadonlySet<string>;
}

export function ruleNames({ routes, services }: Draft): RuleNames {
  return {
    builtIn: ["default", ...BUILT_IN.map(({ name }) => name)],
    // Without what it matches a route has no name to speak of, and is reported already.
    route: new Set(routes.flatMap(({ valid }) => (valid === undefined ? [] : [routeNameOf(valid)]))),
    service: new Set(services.keys()),
  };
}
