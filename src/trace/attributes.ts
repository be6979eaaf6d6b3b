import type { Attributes } from "@opentelemetry/api";
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_NETWORK_TRANSPORT,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from "@opentelemetry/semantic-conventions";
import type { Context } from "../context.ts";
import type { GatewayRequest } from "../message/request.ts";
import { Target } from "../upstream/target.ts";

/** A client may make up any method: the conventions know these. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY"]);
const OTHER = "_OTHER";

/** The method in the name of a span. */
export function methodIn({ method }: GatewayRequest): string {
  return METHODS.has(method) ? method : "HTTP";
}

function methodOf({ method }: GatewayRequest): Attributes {
  if (METHODS.has(method)) return { [ATTR_HTTP_REQUEST_METHOD]: method };
  return { [ATTR_HTTP_REQUEST_METHOD]: OTHER, [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: method };
}

/** What is known of a request as it comes; of its query and its credentials nothing, as both may be secret. */
export function requestAttributes(request: GatewayRequest): Attributes {
  const { peer, host, scheme, path, version, headers } = request;
  const userAgent = headers.get("user-agent");
  return {
    ...methodOf(request),
    ...serverOf(host, scheme),
    [ATTR_URL_PATH]: path,
    [ATTR_URL_SCHEME]: scheme,
    [ATTR_CLIENT_ADDRESS]: peer.clientAddress,
    [ATTR_NETWORK_PEER_ADDRESS]: peer.address,
    [ATTR_NETWORK_PEER_PORT]: peer.port,
    [ATTR_NETWORK_PROTOCOL_VERSION]: version,
    ...(userAgent === undefined ? {} : { [ATTR_USER_AGENT_ORIGINAL]: userAgent }),
  };
}

/** What is known of an attempt before it is sent; `ctx.selected` is its target. */
export function attemptAttributes(ctx: Context): Attributes {
  const { request, service, upstreamPath, attempts, selected } = ctx;
  return {
    ...methodOf(request),
    ...(selected instanceof Target ? targetOf(selected, upstreamPath) : {}),
    [ATTR_NETWORK_PROTOCOL_VERSION]: "1.1",
    ...(attempts === 0 ? {} : { [ATTR_HTTP_REQUEST_RESEND_COUNT]: attempts }),
    ...(service === undefined ? {} : { "sluice.service": service }),
  };
}

function targetOf({ url, address }: Target, path: string): Attributes {
  const { host, port, unixPath, isTls } = address;
  if (unixPath !== undefined) return { [ATTR_SERVER_ADDRESS]: unixPath, [ATTR_NETWORK_TRANSPORT]: "unix" };
  return {
    [ATTR_SERVER_ADDRESS]: host,
    [ATTR_SERVER_PORT]: port,
    [ATTR_URL_FULL]: `${url.replace(/\/$/, "")}${path}`,
    [ATTR_URL_SCHEME]: isTls ? "https" : "http",
  };
}

/** Host and port as the client has named them. */
function serverOf(host: string, scheme: string): Attributes {
  if (host === "") return {};
  const [, name = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return {
    [ATTR_SERVER_ADDRESS]: name.replace(/^\[(.*)\]$/, "$1"),
    [ATTR_SERVER_PORT]: port === undefined ? (scheme === "https" ? 443 : 80) : Number(port),
  };
}
