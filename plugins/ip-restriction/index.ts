import { Cidr, CidrSet, Duration, definePlugin, FilePath, GatewayError, type Scope, Type } from "../../src/plugin.ts";
import { type AddressFile, openAddressFile } from "./address-file.ts";

/** Lets clients in, or keeps them out, by their address. */
export default definePlugin({
  name: "ip-restriction",
  description: "Lets clients in, or keeps them out, by their address.",
  options: Type.Object({
    allow: Type.Optional(
      Type.Array(Cidr(), {
        minItems: 1,
        description: "Addresses and CIDRs that are let in, and no others. Left out: all but those that are denied.",
      }),
    ),
    deny: Type.Array(Cidr(), { default: [], description: "Addresses and CIDRs that are refused, allowed or not." }),
    "allow-file": Type.Optional(FilePath({ description: "More for allow: a file with one address or CIDR a line." })),
    "deny-file": Type.Optional(FilePath({ description: "More for deny." })),
    refresh: Duration({ default: "5s", description: "How often the files are looked at for changes." }),
  }),
  describe: () => ({ refusals: [{ code: "forbidden", when: "Requests from this address are not allowed." }] }),
  async setup(options, scope) {
    const { deny, refresh, "allow-file": allowFile, "deny-file": denyFile } = options;
    const isOpen = options.allow === undefined && allowFile === undefined;
    if (isOpen && denyFile === undefined && deny.length === 0) {
      throw new Error("say who is let in or kept out: give allow, deny or both");
    }
    if (refresh < 10) throw new Error("refresh: expected 10ms or more");
    const denied = await openList("deny-file", deny, denyFile, refresh, scope);
    const allowed = await openList("allow-file", options.allow ?? [], allowFile, refresh, scope).catch((error) => {
      denied.file?.release();
      throw error;
    });
    const isLetIn = (address: string) => !has(denied, address) && (isOpen || has(allowed, address));
    return {
      request({ request }) {
        if (isLetIn(request.peer.clientAddress)) return undefined;
        throw new GatewayError("forbidden", { detail: "Requests from this address are not allowed" });
      },
      explain({ request }) {
        const { clientAddress: address } = request.peer;
        if (isLetIn(address)) return { verdict: "passes", reason: `${address} is let in` };
        const reason = has(denied, address) ? `${address} is in deny` : `${address} is not in allow`;
        return { verdict: "refuses", status: 403, reason };
      },
      close() {
        denied.file?.release();
        allowed.file?.release();
      },
    };
  },
});

/** What the options list, and what a file does. */
interface List {
  readonly fixed: CidrSet;
  readonly file: AddressFile | undefined;
}

function has({ fixed, file }: List, address: string): boolean {
  return fixed.contains(address) || file?.addresses.contains(address) === true;
}

async function openList(
  key: string,
  addresses: readonly string[],
  path: string | undefined,
  refresh: number,
  scope: Scope,
): Promise<List> {
  const fixed = new CidrSet(addresses);
  if (path === undefined) return { fixed, file: undefined };
  try {
    return { fixed, file: await openAddressFile(path, refresh, scope) };
  } catch (error) {
    throw new Error(`${key}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
