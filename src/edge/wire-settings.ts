import type { ListenConfig } from "../config/schema.ts";
import type { HeadLimits } from "../http1/request-head.ts";
import { CidrSet } from "../message/cidr.ts";
import { type TimeoutQueue, timeoutQueue } from "../timeouts.ts";

/** A listener's configuration as its connections use it, made once. */
export interface WireSettings {
  readonly scheme: "http" | "https";
  readonly trusted: CidrSet | undefined;
  readonly head: HeadLimits;
  readonly bodyBytes: number;
  /** Of a body, in one wait of `bodyQueue`. */
  readonly bodyLeastBytes: number;
  readonly maxConnections: number;
  readonly maxTunnels: number;
  /** Of one connection; Infinity for no limit. */
  readonly maxRequests: number;
  /** For a head, from its first byte. */
  readonly headerQueue: TimeoutQueue;
  /** Without a byte of a body that somebody waits for. */
  readonly bodyQueue: TimeoutQueue;
  /** Without the client taking a byte. */
  readonly sendQueue: TimeoutQueue;
  /** Between two requests. */
  readonly keepAliveQueue: TimeoutQueue;
}

/** An idle connection of a gateway that stops: a request that is on its way is still answered. */
export const graceQueue = timeoutQueue(500);
/** How long, and for how many bytes, a connection that ends waits for the client to end it too (RFC 9112 §9.6). */
export const lingerQueue = timeoutQueue(2_000);
export const LINGER_BYTES = 16 * 1_048_576;

/** What has to come of a body in `timeouts.body`, for it to be waited for that long again. */
function leastBytes({ limits, timeouts }: ListenConfig): number {
  return Math.ceil((limits["body-rate"] * timeouts.body) / 1_000);
}

export function wireSettings(config: ListenConfig): WireSettings {
  const { limits, timeouts } = config;
  const trusted = config["trusted-proxies"];
  return {
    scheme: config.tls === undefined ? "http" : "https",
    trusted: trusted.length === 0 ? undefined : new CidrSet(trusted),
    head: {
      headerBytes: limits["header-bytes"],
      headerCount: limits["header-count"],
      targetBytes: limits["target-bytes"],
    },
    bodyBytes: limits["body-bytes"],
    bodyLeastBytes: leastBytes(config),
    maxConnections: limits.connections,
    maxTunnels: limits.tunnels,
    maxRequests: limits.requests === 0 ? Number.POSITIVE_INFINITY : limits.requests,
    headerQueue: timeoutQueue(timeouts.header),
    bodyQueue: timeoutQueue(timeouts.body),
    sendQueue: timeoutQueue(timeouts.send),
    keepAliveQueue: timeoutQueue(timeouts["keep-alive"]),
  };
}
