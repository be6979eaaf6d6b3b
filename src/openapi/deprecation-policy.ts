import type { RouteConfig } from "../config/schema.ts";
import type { PluginPolicy } from "../policy/plugin-policy.ts";

/** What a route's `deprecated` says to clients. */
export function deprecationPolicy({ deprecated }: RouteConfig): PluginPolicy {
  if (deprecated === undefined || deprecated === false) return {};
  const { since, sunset, link } = deprecated === true ? {} : deprecated;
  const sentences = [
    `Deprecated${since === undefined ? "" : ` since ${since}`}.`,
    ...(sunset === undefined ? [] : [`It goes away on ${sunset}.`]),
    ...(link === undefined ? [] : [`See ${link}.`]),
  ];
  const how = { ...(since !== undefined && { since }), ...(link !== undefined && { link }) };
  return {
    notes: [sentences.join(" ")],
    extensions: {
      ...(Object.keys(how).length > 0 && { "x-deprecated": how }),
      ...(sunset !== undefined && { "x-sunset": sunset }),
    },
  };
}
