import type { Draft } from "./draft.ts";
import { below } from "./key-path.ts";
import { entryOf, nearestNode } from "./node.ts";
import { pemFault } from "./pem-fault.ts";
import { type Problem, problemAt } from "./problem.ts";
import { parseHostPort, parseRedisUrl } from "./redis-url.ts";
import type { RedisConfig } from "./schema-redis.ts";
import { found } from "./words.ts";

type Keys = readonly (string | number)[];
type Report = (keys: Keys, message: string, hint?: string) => void;

/** What the schema cannot tell of the store: that there is one way to it, and that its addresses are addresses. */
export function checkRedis({ root, main }: Draft): readonly Problem[] {
  const problems: Problem[] = [];
  const redis: Partial<RedisConfig> = main.redis ?? {};
  const at: Report = (keys, message, hint) => {
    const place = ["redis", ...keys];
    const problem = problemAt(nearestNode(root, place), below(undefined, ...place), message, hint);
    // The line has perhaps a password in it.
    problems.push({ ...problem, excerpt: problem.excerpt?.includes("@") === true ? undefined : problem.excerpt });
  };
  checkWays(redis, at);
  const fault = redis.url === undefined || redis.url === "" ? undefined : parseRedisUrl(redis.url);
  if (fault !== undefined && "fault" in fault) at(["url"], fault.fault);
  for (const keys of [["cluster"], ["sentinel", "nodes"]] as const) {
    const nodes = keys[0] === "cluster" ? redis.cluster : redis.sentinel?.nodes;
    for (const [index, node] of (nodes ?? []).entries()) {
      if (node === undefined || parseHostPort(node, 1) !== undefined) continue;
      const isSecret = node.includes("@");
      const text = isSecret ? "one with credentials" : found(nearestNode(root, ["redis", ...keys, index]));
      at(
        [...keys, index],
        `expected host:port, found ${text}`,
        isSecret ? "username and password are keys" : undefined,
      );
    }
  }
  const hasPassword = entryOf(entryOf(root, "redis")?.value, "password") !== undefined;
  if (redis.username !== undefined && !hasPassword) at(["username"], "a user needs a password", "add redis.password");
  checkKeys(redis, at);
  return problems;
}

function checkWays({ url, cluster, sentinel, database }: Partial<RedisConfig>, at: Report): void {
  const ways = [
    ...(url === undefined || url === "" ? [] : ["url"]),
    ...(cluster === undefined ? [] : ["cluster"]),
    ...(sentinel === undefined ? [] : ["sentinel"]),
  ];
  const [first, second] = ways;
  if (second !== undefined) at([second], `redis has ${first} already: one of url, cluster and sentinel leads to it`);
  if (cluster !== undefined && (database ?? 0) > 0) at(["database"], "a Cluster has no databases but 0");
}

function checkKeys(redis: Partial<RedisConfig>, at: Report): void {
  const { tls } = redis;
  if (redis["key-prefix"]?.includes("{}")) at(["key-prefix"], "{} in a prefix would scatter keys that belong together");
  for (const key of ["command-timeout", "connect-timeout"] as const) {
    if (redis[key] === 0) at([key], "nothing can be done in no time", "for example 100ms");
  }
  if (tls === undefined) return;
  if (tls.cert !== undefined && tls.key === undefined)
    at(["tls", "cert"], "a certificate needs its key", "add tls.key");
  if (tls.key !== undefined && tls.cert === undefined)
    at(["tls", "key"], "a key needs its certificate", "add tls.cert");
  const fault = (tls.cert === undefined) === (tls.key === undefined) ? pemFault(tls) : undefined;
  if (fault !== undefined) at(["tls", fault.key], fault.message);
}
