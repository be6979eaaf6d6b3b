import { Cidr, CidrSet, definePlugin, GatewayError, Type } from "../src/plugin.ts";

/** Lets clients in, or keeps them out, by their address. */
export default definePlugin({
  name: "ip-restriction",
  description: "Lets clients in, or keeps them out, by their address.",
  options: Type.Object({
    allow: Type.Optional(
      Type.Array(Cidr(), {
        minItems: 1,
        description: "Addresses and CIDRs that are let in, and no others. Left out: all but those of deny.",
      }),
    ),
    deny: Type.Array(Cidr(), {
      default: [],
      description: "Addresses and CIDRs that are refused, whatever allow says.",
    }),
  }),
  setup(options) {
    if (options.allow === undefined && options.deny.length === 0) {
      throw new Error("say who is let in or kept out: give allow, deny or both");
    }
    const allow = options.allow && new CidrSet(options.allow);
    const deny = new CidrSet(options.deny);
    return {
      request({ request }) {
        const address = request.peer.clientAddress;
        const isIn = !deny.contains(address) && (allow === undefined || allow.contains(address));
        if (!isIn) throw new GatewayError("forbidden", { detail: "Requests from this address are not allowed" });
        return undefined;
      },
    };
  },
});
