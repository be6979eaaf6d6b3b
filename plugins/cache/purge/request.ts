import { type CidrSet, type Context, GatewayError, Reply } from "../../../src/plugin.ts";
import type { Purging } from "./purging.ts";

/** Answers PURGE: removes what is stored for the request's URL, if its client may. Rejects with `forbidden` if not. */
export async function purgeAsked({ request }: Context, allowed: CidrSet, purging: Purging): Promise<Reply> {
  if (!allowed.contains(request.peer.clientAddress)) {
    throw new GatewayError("forbidden", { detail: "This address may not purge" });
  }
  const { scheme, host, path, query } = request;
  const purged = await purging.purge({ target: { kind: "url", url: { scheme, host, path, query } }, isSoft: false });
  return Reply.json(200, { purged }, { "cache-control": "no-store" });
}
