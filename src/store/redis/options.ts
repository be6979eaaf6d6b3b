import { readFileSync } from "node:fs";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { RedisOptions } from "ioredis";
import { parseHostPort, parseRedisUrl, type RedisUrl } from "../../config/redis-url.ts";
import type { RedisConfig } from "../../config/schema-redis.ts";
import { backoffMs } from "./backoff.ts";

/** A Redis that has shown nothing for so long, while it owes an answer, is connected to anew. */
const SILENCE_MS = 1_000;
/** At most one reconnect in that time because Redis says that it is a replica. */
const READ_ONLY_MS = 1_000;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** The driver's options, but for how replies are mapped: a choice of types, not ours. */
export type DriverOptions = Omit<RedisOptions, "replyMapping">;

/** What is the same for every connection. Throws Error where a file cannot be read. */
export function connectionOptions(config: RedisConfig): DriverOptions {
  const timeoutMs = config["command-timeout"];
  const tls = tlsOptions(config);
  const url = urlOf(config);
  const username = config.username ?? url?.username;
  const password = config.password ?? url?.password;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
    db: config.database ?? url?.database ?? 0,
    protocol: 2,
    connectTimeout: config["connect-timeout"],
    socketTimeout: Math.max(SILENCE_MS, 3 * timeoutMs),
    connectionName: "sluice",
    disableClientInfo: true,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: 1_000,
    retryStrategy: backoffMs,
    reconnectOnError: atMostEvery(READ_ONLY_MS, (error) => error.message.includes("READONLY")),
  };
}

/** Where the single Redis is. */
export function singleAddress(config: RedisConfig): HostPort {
  const { host = "127.0.0.1", port = 6379 } = urlOf(config) ?? {};
  return { host, port };
}

export function addresses(nodes: readonly string[], defaultPort: number): readonly HostPort[] {
  return nodes.flatMap((node) => parseHostPort(node, defaultPort) ?? []);
}

function urlOf({ url }: RedisConfig): RedisUrl | undefined {
  if (url === undefined || url === "") return undefined;
  const parsed = parseRedisUrl(url);
  return "fault" in parsed ? undefined : parsed;
}

/** `rediss://` or a section `tls:` asks for TLS. */
function tlsOptions(config: RedisConfig): TlsOptions | undefined {
  const { tls } = config;
  if (tls === undefined) return urlOf(config)?.isTls === true ? {} : undefined;
  const serverName = tls["server-name"];
  return {
    ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca, "utf8") }),
    ...(tls.cert === undefined ? {} : { cert: readFileSync(tls.cert, "utf8") }),
    ...(tls.key === undefined ? {} : { key: readFileSync(tls.key, "utf8") }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: tls.verify,
  };
}

/** A Redis that stays a replica must not make every command a reconnect. */
function atMostEvery(ms: number, isCase: (error: Error) => boolean): (error: Error) => boolean {
  let latest = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (!isCase(error) || performance.now() - latest < ms) return false;
    latest = performance.now();
    return true;
  };
}
