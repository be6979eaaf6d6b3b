import type { PluginPolicy, PluginSecurity, SecurityScheme } from "../../policy/plugin-policy.ts";
import type { JsonObject } from "../json.ts";

/** Names of schemes and the scopes that are needed with each: all of them together let a request through. */
type Requirement = Readonly<Record<string, readonly string[]>>;

/** Under which name a plugin's scheme stands in the document. */
export type SchemeName = (name: string, scheme: SecurityScheme) => string;

/**
 * What a request has to bring to pass these plugins: each of the requirements is enough. Every plugin has to be content, so they
 * are required together; of one plugin's places a credential is in one. Undefined if no plugin wants a credential.
 */
export function requirementsOf(
  policies: readonly PluginPolicy[],
  nameOf: SchemeName,
): readonly JsonObject[] | undefined {
  const wanted = policies.flatMap(({ security }) => security ?? []);
  if (wanted.length === 0) return undefined;
  const schemes = new Map(
    wanted.flatMap((one) =>
      Object.entries(one.schemes).map(([name, scheme]) => [nameOf(name, scheme), scheme] as const),
    ),
  );
  const all = wanted.reduce<readonly Requirement[]>(
    (before, one) => before.flatMap((first) => choices(one, nameOf).map((choice) => together(first, choice))),
    [{}],
  );
  const needsCaller = policies.some((one) => one.needsCaller) && !policies.some((one) => one.mayKnowCaller);
  const enough = needsCaller ? all.filter((one) => Object.keys(one).length > 0) : all;
  const possible = enough.filter((one) => isPossible(Object.keys(one).flatMap((name) => schemes.get(name) ?? [])));
  // Those that contradict each other let nobody through, and no requirement at all would let everybody.
  return unique(possible.length > 0 ? possible : enough);
}

/** How one plugin can be content; with none of its credentials last. */
function choices({ schemes, scopes, isOptional }: PluginSecurity, nameOf: SchemeName): readonly Requirement[] {
  const each = Object.entries(schemes).map(([name, scheme]) => ({ [nameOf(name, scheme)]: scopes ?? [] }));
  return isOptional === true ? [...each, {}] : each;
}

function together(first: Requirement, second: Requirement): Requirement {
  const both = new Map(Object.entries(first));
  for (const [name, scopes] of Object.entries(second)) {
    both.set(name, [...new Set([...(both.get(name) ?? []), ...scopes])]);
  }
  return Object.fromEntries(both);
}

/** A request has one Authorization header, of one scheme. */
function isPossible(schemes: readonly SecurityScheme[]): boolean {
  const words = schemes.flatMap((scheme) => (scheme.type === "http" ? scheme.scheme.toLowerCase() : []));
  return new Set(words).size <= 1;
}

function unique(requirements: readonly Requirement[]): readonly Requirement[] {
  return [...new Map(requirements.map((one) => [JSON.stringify(one), one])).values()];
}
