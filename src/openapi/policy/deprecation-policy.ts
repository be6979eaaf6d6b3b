import type { RouteConfig } from "../../config/schema.ts";
import type { PluginPolicy } from "../../policy/plugin-policy.ts";

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
    headers: {
      Deprecation: { description: "Since when this is deprecated, in seconds since 1970: `@1767225600` (RFC 9745)." },
      ...(sunset !== undefined && { Sunset: { description: "When this goes away (RFC 8594)." } }),
      ...(link !== undefined && { Link: { description: 'More about it, with `rel="deprecation"`.' } }),
    },
    notes: [sentences.join(" ")],
    extensions: {
      ...(Object.keys(how).length > 0 && { "x-deprecated": how }),
      ...(sunset !== undefined && { "x-sunset": sunset }),
    },
  };
}
