import type { ListenConfig } from "../config/schema.ts";
import { listenWire } from "../edge/wire.ts";
import type { Logger } from "../observe/logger.ts";
import { type AdminFetch, AdminRequests, MAX_BODY } from "./requests.ts";

/** Where the admin port is. */
export interface AdminAddress {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Serves https, as a listener for clients does. */
  readonly tls?: ListenConfig["tls"];
}

/** An admin port that answers. */
export interface AdminServer {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** Closes it and its connections. */
  stop(): Promise<void>;
}

/** For replies that are just being written, in ms. */
const STOP_MS = 50;

const LIMITS: ListenConfig["limits"] = {
  "header-bytes": 16_384,
  "header-count": 100,
  "target-bytes": 8_192,
  "body-bytes": MAX_BODY,
  "body-rate": 0,
  connections: 2_048,
  tunnels: 0,
  requests: 0,
};
const TIMEOUTS: ListenConfig["timeouts"] = {
  header: 10_000,
  body: 30_000,
  send: 60_000,
  "keep-alive": 65_000,
  drain: STOP_MS,
};

/**
 * Listens for the admin app, on the same edge as for clients: what is refused there is refused here, certificates are renewed
 * here as there. Throws with the code EADDRINUSE or EACCES if the port cannot be had, or if a file of `tls` cannot be used.
 */
export function startAdmin(app: AdminFetch, address: AdminAddress, log?: Logger): AdminServer {
  const { host, port, tls } = address;
  const config: ListenConfig = {
    host,
    port,
    workers: 1,
    "trusted-proxies": [],
    http2: false,
    http3: false,
    limits: LIMITS,
    timeouts: TIMEOUTS,
    ...(tls === undefined ? {} : { tls }),
  };
  const edge = listenWire(config, new AdminRequests(app), log === undefined ? {} : { log });
  return { scheme: tls === undefined ? "http" : "https", host, port: edge.port, stop: () => edge.stop(STOP_MS) };
}
