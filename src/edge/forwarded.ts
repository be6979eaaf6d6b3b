import { isDisguised } from "../http1/hop.ts";
import { isProxyClaim } from "../http1/proxy-fields.ts";
import { parseAuthority } from "../http1/target.ts";
import { normalizeAddress } from "../message/address.ts";
import type { CidrSet } from "../message/cidr.ts";
import { elementStart, parseElement, trimmedPart } from "../message/forwarded.ts";
import type { HeaderList } from "../message/headers.ts";

/** Who sent a request, as far as the gateway believes it. */
export interface ForwardedClient {
  /** In canonical form. */
  readonly clientAddress: string;
  readonly isTrustedProxy: boolean;
  /** As the client used them, where a trusted proxy tells; undefined: those of the connection count. */
  readonly scheme: "http" | "https" | undefined;
  readonly host: string | undefined;
}

/**
 * The client as a trusted peer tells of it; of any other peer nothing is believed.
 *
 * Addresses are read from right to left and the first that is no trusted proxy is the client: what stands left of it
 * the client may have made up. If all are trusted it is the leftmost; an entry that is no address ends the walk at the
 * last good one. X-Forwarded-Proto and -Host count by their last value, the one of the peer. Forwarded is read only
 * without X-Forwarded-For, and then alone: a proxy that sets one kind often passes the other on as the client sent it.
 */
export function resolveClient(peerAddress: string, headers: HeaderList, trusted: CidrSet | undefined): ForwardedClient {
  const direct = untrustedClient(peerAddress);
  if (trusted?.contains(direct.clientAddress) !== true) return direct;
  const addresses = headers.get("x-forwarded-for");
  const elements = addresses === undefined ? headers.get("forwarded") : undefined;
  if (elements !== undefined) return readForwarded(direct.clientAddress, elements, trusted);
  return {
    clientAddress: addresses === undefined ? direct.clientAddress : walk(direct.clientAddress, addresses, trusted),
    isTrustedProxy: true,
    scheme: schemeOf(lastValue(headers, "x-forwarded-proto")),
    host: hostOf(lastValue(headers, "x-forwarded-host")),
  };
}

/** Removes what only a trusted proxy may say, and what nobody may. */
export function stripUntrusted(headers: HeaderList): void {
  headers.deleteWhere(isUntrusted);
}

/** Removes what nobody may say, a trusted proxy neither: it would stand beside what the gateway writes itself. */
export function stripDisguised(headers: HeaderList): void {
  headers.deleteWhere(isDisguised);
}

function isUntrusted(name: string): boolean {
  return isProxyClaim(name) || isDisguised(name);
}

/** The client behind a peer that is no trusted proxy: the peer itself. */
function untrustedClient(peerAddress: string): ForwardedClient {
  const clientAddress = normalizeAddress(peerAddress) ?? peerAddress;
  return { clientAddress, isTrustedProxy: false, scheme: undefined, host: undefined };
}

function walk(peer: string, addresses: string, trusted: CidrSet): string {
  let client = peer;
  for (let end = addresses.length; end >= 0; ) {
    const start = end === 0 ? 0 : addresses.lastIndexOf(",", end - 1) + 1;
    const entry = trimmedPart(addresses, start, end);
    end = start - 1;
    if (entry === "") continue;
    const address = normalizeAddress(entry);
    if (address === undefined) return client;
    client = address;
    if (!trusted.contains(address)) return client;
  }
  return client;
}

/** An element binds address, scheme and host together, so each hop's are believed as far as its element is. */
function readForwarded(peer: string, elements: string, trusted: CidrSet): ForwardedClient {
  let clientAddress = peer;
  let scheme: ForwardedClient["scheme"];
  let host: string | undefined;
  for (let end = elements.length; end >= 0; ) {
    const start = elementStart(elements, end);
    const text = trimmedPart(elements, start, end);
    end = start - 1;
    if (text === "") continue;
    const element = parseElement(text);
    if (element === undefined) break;
    scheme = schemeOf(element.proto) ?? scheme;
    host = hostOf(element.host) ?? host;
    const address = nodeAddress(element.for);
    if (address === undefined) break;
    clientAddress = address;
    if (!trusted.contains(address)) break;
  }
  return { clientAddress, isTrustedProxy: true, scheme, host };
}

/** RFC 7239 §6: IPv6 stands in brackets; "unknown" and hidden names are no addresses. */
function nodeAddress(node: string | undefined): string | undefined {
  if (node === undefined) return undefined;
  const isBareIpv6 = !node.startsWith("[") && node.indexOf(":") !== node.lastIndexOf(":");
  return isBareIpv6 ? undefined : normalizeAddress(node);
}

function lastValue(headers: HeaderList, name: string): string | undefined {
  const value = headers.get(name);
  return value === undefined ? undefined : trimmedPart(value, value.lastIndexOf(",") + 1, value.length);
}

/** Some proxies name the WebSocket schemes; they are the HTTP ones with an upgrade. */
function schemeOf(text: string | undefined): ForwardedClient["scheme"] {
  switch (text?.toLowerCase()) {
    case "http":
    case "ws":
      return "http";
    case "https":
    case "wss":
      return "https";
    default:
      return undefined;
  }
}

function hostOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return parseAuthority(text);
  } catch {
    return undefined;
  }
}
