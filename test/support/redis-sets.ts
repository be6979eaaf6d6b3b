import { type RedisServer, startRedis } from "./redis.ts";
import { until } from "./until.ts";

/** Several redis-servers that belong together. */
export interface RedisSet extends AsyncDisposable {
  readonly servers: readonly RedisServer[];
}

/** Three masters that share the slots of a Cluster. */
export interface RedisClusterSet extends RedisSet {
  /** As in `redis.cluster`. */
  readonly nodes: readonly string[];
  /** Moves the slot of a key, with all keys in it, to another node. */
  moveSlot(key: string): Promise<void>;
}

export async function startCluster(): Promise<RedisClusterSet> {
  const args = ["--cluster-enabled", "yes", "--cluster-node-timeout", "10000", "--cluster-require-full-coverage", "no"];
  const servers = await Promise.all([0, 1, 2].map(() => startRedis({ args })));
  const [first] = servers;
  if (first === undefined) throw new Error("no server");
  const bounds = [0, 5_461, 10_923, 16_384];
  await Promise.all(
    servers.map((server, i) => server.cli("cluster", "addslotsrange", `${bounds[i]}`, `${(bounds[i + 1] ?? 0) - 1}`)),
  );
  for (const { port } of servers.slice(1)) await first.cli("cluster", "meet", "127.0.0.1", `${port}`);
  const knowsAll = async (server: RedisServer) => {
    const [info, slots] = await Promise.all([server.cli("cluster", "info"), server.cli("cluster", "slots")]);
    return info.includes("cluster_state:ok") && servers.every(({ port }) => slots.includes(`${port}`));
  };
  const isReady = async () => (await Promise.all(servers.map(knowsAll))).every(Boolean);
  await until(isReady, { timeout: 15_000, what: "the Cluster is ready" });
  return {
    servers,
    nodes: servers.map(({ port }) => `127.0.0.1:${port}`),
    moveSlot: (key) => moveSlot(servers, key),
    [Symbol.asyncDispose]: () => disposeAll(servers),
  };
}

async function moveSlot(servers: readonly RedisServer[], key: string): Promise<void> {
  const slot = await servers[0]?.cli("cluster", "keyslot", key);
  if (slot === undefined) return;
  const ids = await Promise.all(servers.map((server) => server.cli("cluster", "myid")));
  const reply = await Promise.all(servers.map((server) => server.cli("cluster", "countkeysinslot", slot)));
  const from = Math.max(
    reply.findIndex((count) => Number(count) > 0),
    0,
  );
  const to = (from + 1) % servers.length;
  const [source, target] = [servers[from], servers[to]];
  if (source === undefined || target === undefined) return;
  await target.cli("cluster", "setslot", slot, "importing", ids[from] ?? "");
  await source.cli("cluster", "setslot", slot, "migrating", ids[to] ?? "");
  const keys = (await source.cli("cluster", "getkeysinslot", slot, "1000")).split("\n").filter((one) => one !== "");
  if (keys.length > 0) await source.cli("migrate", "127.0.0.1", `${target.port}`, "", "0", "5000", "keys", ...keys);
  for (const server of [target, source, ...servers]) {
    await server.cli("cluster", "setslot", slot, "node", ids[to] ?? "").catch(() => {});
  }
}

/** A master, a replica, and three sentinels that watch them. */
export interface RedisSentinelSet extends RedisSet {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly name: string;
  /** Sentinels, as in `redis.sentinel.nodes`. */
  readonly nodes: readonly string[];
}

/** `downAfterMs`: how long the master may be silent before another takes its place; busy machines are silent for a while, too. */
export async function startSentinels({ downAfterMs = 2_000 } = {}): Promise<RedisSentinelSet> {
  const master = await startRedis();
  const replica = await startRedis({ args: ["--replicaof", "127.0.0.1", `${master.port}`] });
  const sentinelConfig = [
    `sentinel monitor main 127.0.0.1 ${master.port} 2`,
    `sentinel down-after-milliseconds main ${downAfterMs}`,
    "sentinel failover-timeout main 2000",
    "",
  ].join("\n");
  await until(async () => (await replica.cli("info", "replication")).includes("master_link_status:up"), {
    timeout: 15_000,
    what: "the replica has its master's data",
  });
  const sentinels = await Promise.all([0, 1, 2].map(() => startRedis({ sentinelConfig })));
  const seesAll = async (sentinel: RedisServer) => {
    const text = (await sentinel.cli("sentinel", "master", "main")).split("\n");
    const value = (field: string) => text[text.indexOf(field) + 1];
    return value("num-slaves") === "1" && value("num-other-sentinels") === "2";
  };
  await until(async () => (await Promise.all(sentinels.map(seesAll))).every(Boolean), {
    timeout: 20_000,
    what: "the sentinels know each other",
  });
  const servers = [master, replica, ...sentinels];
  return {
    servers,
    master,
    replica,
    name: "main",
    nodes: sentinels.map(({ port }) => `127.0.0.1:${port}`),
    [Symbol.asyncDispose]: () => disposeAll(servers),
  };
}

async function disposeAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
}
