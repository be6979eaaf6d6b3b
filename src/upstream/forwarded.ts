import { forwardedValue, isForwarded } from "../message/forwarded.ts";
import type { GatewayRequest } from "../message/request.ts";

/** Whether the gateway writes the field itself, so that the copy in the request's headers is left out. */
export function isForwardedField(name: string): boolean {
  switch (name.length) {
    case 9:
      return name === "forwarded";
    case 15:
      return name === "x-forwarded-for";
    case 16:
      return name === "x-forwarded-host";
    case 17:
      return name === "x-forwarded-proto";
    default:
      return false;
  }
}

/**
 * The lines of X-Forwarded-For, -Proto, -Host and Forwarded (RFC 7239), each ended by CRLF. Address,
 * scheme and host are the request's, as the edge believes them; a request without a host gets none.
 *
 * Of an untrusted peer only the peer is named. What a trusted proxy sent is kept, with the proxy appended; where it
 * sent only one of X-Forwarded-For and Forwarded, or both, the other names the client that was found in the first,
 * so that both always tell the same.
 */
export function forwardedLines(request: GatewayRequest): string {
  const { peer, host, scheme } = request;
  if (peer.isTrustedProxy) return makeLines(request);
  const known = peer.forwarded;
  if (known !== undefined && known.host === host && known.scheme === scheme) return known.lines;
  const lines = makeLines(request);
  peer.forwarded = { host, scheme, lines };
  return lines;
}

function makeLines(request: GatewayRequest): string {
  const { peer, host, scheme } = request;
  const own = ownElement(peer.address, host, scheme);
  let addresses = peer.address;
  let elements = own;
  if (peer.isTrustedProxy) {
    const sent = request.headers.get("x-forwarded-for");
    const { clientAddress } = peer;
    const isFirstHop = clientAddress === peer.address;
    addresses = hasText(sent) ? `${sent}, ${addresses}` : isFirstHop ? addresses : `${clientAddress}, ${addresses}`;
    const chain = sent === undefined ? request.headers.get("forwarded") : undefined;
    if (hasText(chain) && isForwarded(chain)) elements = `${chain}, ${own}`;
    else if (!isFirstHop) elements = `for=${forwardedNode(clientAddress)}, ${own}`;
  }
  const hostLine = host === "" ? "" : `x-forwarded-host: ${host}\r\n`;
  return `x-forwarded-for: ${addresses}\r\nx-forwarded-proto: ${scheme}\r\n${hostLine}forwarded: ${elements}\r\n`;
}

function ownElement(address: string, host: string, scheme: string): string {
  const hostPair = host === "" ? "" : `host=${forwardedValue(host)};`;
  return `for=${forwardedNode(address)};${hostPair}proto=${scheme}`;
}

/** RFC 7239 §6: IPv6 in brackets, and so quoted. */
function forwardedNode(address: string): string {
  return address.includes(":") ? `"[${address}]"` : address;
}

function hasText(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
