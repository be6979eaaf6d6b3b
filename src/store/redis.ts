import { Cluster, Redis } from "ioredis";
import type { RedisConfig } from "../config/schema-redis.ts";
import type { Logger } from "../observe/logger.ts";
import { RedisBackend } from "./redis/backend.ts";
import { backoffMs } from "./redis/backoff.ts";
import { RedisConnection } from "./redis/connection.ts";
import { addresses, connectionOptions, type DriverOptions, type HostPort, singleAddress } from "./redis/options.ts";
import { RedisSubscriber } from "./redis/subscriber.ts";

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;
/** How often a Cluster is asked which node has which slot, in ms, beside every time that it says so itself. */
const SLOTS_MS = 2_000;
const MAX_REDIRECTIONS = 4;

export interface RedisBackendOptions {
  /** Wall-clock time in ms since 1970, for reports alone. */
  now(): number;
  /** Told when Redis goes and comes. */
  readonly log: Logger;
}

/**
 * The store in Redis: one server, a Cluster, or the master that Sentinels name. It connects at once, and again for as
 * long as it lives; meanwhile calls fail. Throws Error where a file cannot be read.
 */
export function createRedisBackend(config: RedisConfig, { now, log }: RedisBackendOptions): RedisBackend {
  const options = connectionOptions(config);
  const { mode, client, listen } = open(config, options);
  const connection = new RedisConnection({ client, commandTimeoutMs: config["command-timeout"], now, log });
  return new RedisBackend(connection, new RedisSubscriber(listen, connection.note), mode);
}

interface Opened {
  readonly mode: "single" | "cluster" | "sentinel";
  readonly client: Redis | Cluster;
  /** Another connection, that only listens. */
  listen(): Redis;
}

function open(config: RedisConfig, options: DriverOptions): Opened {
  if (config.cluster !== undefined) return openCluster(addresses(config.cluster, REDIS_PORT), options);
  const place: DriverOptions =
    config.sentinel === undefined ? singleAddress(config) : sentinelOptions(config.sentinel, options);
  const client = new Redis({ ...options, ...place });
  const listen = () => new Redis({ ...options, ...place, ...ONCE });
  return { mode: config.sentinel === undefined ? "single" : "sentinel", client, listen };
}

/** Whoever listens opens another connection by himself. */
const ONCE = {
  retryStrategy: null,
  failoverDetector: false,
  enableAutoPipelining: false,
  socketTimeout: undefined,
} as const;

/** What is published reaches all nodes, so each of them is good to listen to: the next one after a failure. */
function openCluster(nodes: readonly HostPort[], options: DriverOptions): Opened {
  const { retryStrategy: _, enableOfflineQueue: __, himportFieldsets: ___, ...redisOptions } = options;
  const client = new Cluster([...nodes], {
    redisOptions,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    clusterRetryStrategy: backoffMs,
    clusterNodeRetryStrategy: backoffMs,
    slotsRefreshInterval: SLOTS_MS,
    maxRedirections: MAX_REDIRECTIONS,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
  });
  let turn = 0;
  const listen = () => new Redis({ ...options, ...nodes[turn++ % nodes.length], ...ONCE });
  return { mode: "cluster", client, listen };
}

function sentinelOptions(sentinel: NonNullable<RedisConfig["sentinel"]>, options: DriverOptions): DriverOptions {
  const { master, nodes, username, password } = sentinel;
  return {
    name: master,
    role: "master",
    sentinels: [...addresses(nodes, SENTINEL_PORT)],
    sentinelRetryStrategy: backoffMs,
    sentinelCommandTimeout: options.connectTimeout,
    failoverDetector: true,
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(options.tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: options.tls }),
  };
}
