import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { UpgradeOffer } from "../message/tunnel.ts";
import type { RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";

/** The one protocol whose frames the gateway follows, and that only GET can switch to (RFC 6455 §4.1). */
export const WEBSOCKET = "websocket";

const COMMA = /[\t ]*,[\t ]*/;
const NONE: readonly string[] = [];

/** The protocols that a request offers to switch to (RFC 9110 §7.8): none in HTTP/1.0, and none with a body. */
export function offeredProtocols({ framing, headers, minorVersion }: RequestHead): readonly string[] {
  const hasBody = framing.isChunked || (framing.contentLength ?? 0) > 0;
  if (!framing.hasUpgrade || minorVersion === 0 || hasBody) return NONE;
  return headers.getAll("upgrade").flatMap(listed);
}

/**
 * Leaves of a request's offer what its route allows (in lower case), and counts the tunnel. Throws `overloaded` if the
 * listener has no more.
 */
export function admitUpgrade(ctx: Context, allowed: ReadonlySet<string>): void {
  const offer = ctx.upgrade;
  if (offer === undefined) return;
  const isGet = ctx.request.method === "GET";
  const protocols = offer.protocols.filter((protocol) => {
    const name = protocol.toLowerCase();
    return allowed.has(name) && (isGet || name !== WEBSOCKET);
  });
  ctx.upgrade = undefined;
  if (protocols.length === 0) return;
  if (!offer.reserve()) throw new GatewayError("overloaded", { detail: "Too many tunnels are open" });
  offer.protocols = protocols;
  ctx.upgrade = offer;
}

/** What the target is offered; nothing if a plugin has given the request a body. */
export function offerOf({ upgrade, request }: Context): UpgradeOffer | undefined {
  return upgrade !== undefined && request.body.isEmpty ? upgrade : undefined;
}

/** The protocol that a 101 switches to, in lower case; undefined if it is not one that was offered. */
export function switchedTo(head: ResponseHead, offer: UpgradeOffer | undefined): string | undefined {
  if (offer === undefined || head.minorVersion === 0 || !head.framing.hasUpgrade) return undefined;
  const [protocol, ...more] = head.headers.getAll("upgrade").flatMap(listed);
  if (protocol === undefined || more.length > 0) return undefined;
  const name = protocol.toLowerCase();
  return offer.protocols.some((offered) => offered.toLowerCase() === name) ? name : undefined;
}

function listed(value: string): string[] {
  return value.split(COMMA).filter((protocol) => protocol !== "");
}
