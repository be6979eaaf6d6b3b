import { parseMoment } from "../config/moment.ts";
import type { DeprecatedConfig } from "../config/schema-deprecated.ts";
import type { Context } from "../context.ts";
import type { Reply } from "../message/reply.ts";

/** Tells clients with every reply of a route that they should not use it any more. */
export interface DeprecationPhases {
  readonly response: (ctx: Context, reply: Reply) => Reply;
}

/**
 * The `Deprecation` of RFC 9745 and the `Sunset` of RFC 8594, in the place of a service's own, and a `Link` beside those that
 * there are. Undefined for a route that is not deprecated.
 */
export function deprecationPhases(deprecated: DeprecatedConfig | undefined): DeprecationPhases | undefined {
  if (deprecated === undefined || deprecated === false) return undefined;
  const { since, sunset, link } = deprecated === true ? {} : deprecated;
  // A date is needed; one long ago says that it is so already, and no more.
  const deprecation = `@${Math.floor((parse(since) ?? 0) / 1_000)}`;
  const sunsetMs = parse(sunset);
  const sunsetDate = sunsetMs === undefined ? undefined : new Date(sunsetMs).toUTCString();
  const linkField = link === undefined ? undefined : `<${link}>; rel="deprecation"`;
  return {
    response(_, reply) {
      reply.headers.set("deprecation", deprecation);
      if (sunsetDate !== undefined) reply.headers.set("sunset", sunsetDate);
      if (linkField !== undefined) reply.headers.append("link", linkField);
      return reply;
    },
  };
}

function parse(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseMoment(text);
}
