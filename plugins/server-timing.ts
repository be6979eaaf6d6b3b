import { type Context, definePlugin, Type } from "../src/plugin.ts";

/** Tells clients where the time of a request went. */
export default definePlugin({
  name: "server-timing",
  description: "Tells the client, in Server-Timing, how long the gateway and the service took.",
  options: Type.Object({
    on: Type.Union([Type.Literal("always"), Type.Literal("request")], {
      default: "always",
      description: "always: on every reply; request: if the client sends the header, whatever its value.",
    }),
    header: Type.String({
      default: "x-server-timing",
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
      expected: "the name of a header",
      description: "Header by which a client asks, where `on` is request.",
    }),
  }),
  setup(options) {
    const isAlways = options.on === "always";
    const header = options.header.toLowerCase();
    return {
      response(ctx, reply) {
        // The service's own measurements stay: this is one more line.
        if (isAlways || ctx.request.headers.has(header)) reply.headers.append("server-timing", timings(ctx));
        return reply;
      },
    };
  },
});

/**
 * The field's value (https://www.w3.org/TR/server-timing/): `upstream` is from the first attempt to the reply's head,
 * 0 if there was none, and `gateway` all the rest until now.
 */
function timings({ startedAt, upstreamStartedAt, upstreamRepliedAt }: Context): string {
  const now = performance.now();
  const upstreamMs = upstreamStartedAt === 0 ? 0 : (upstreamRepliedAt || now) - upstreamStartedAt;
  return `gateway;dur=${rounded(now - startedAt - upstreamMs)}, upstream;dur=${rounded(upstreamMs)}`;
}

/** To a tenth of a millisecond. */
function rounded(ms: number): number {
  return Math.max(0, Math.round(ms * 10) / 10);
}
