import { once } from "node:events";
import type { Cluster, Redis } from "ioredis";

/** For the connections to a Cluster's nodes, before the first request. */
const WARM_MS = 1_000;
/** A Cluster is asked for its slots anew at most that often. */
const REFRESH_MS = 250;

/** The nodes of a Cluster, connected before requests need them and known by their slots; of a single Redis nothing is to do. */
export class ClusterNodes {
  readonly #client: Redis | Cluster;
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(client: Redis | Cluster) {
    this.#client = client;
    // Before that a Cluster asks a node whether all is well, and takes one that connects for one that is not.
    client.on("+node", (node: Redis) => void (client.status === "ready" && warm(node)));
  }

  /** A Cluster connects to a node with its first command, and refuses those that come meanwhile: no request shall. */
  async connect(): Promise<void> {
    const client = this.#client;
    if (client.isCluster) await Promise.all((client as Cluster).nodes("master").map(warm));
  }

  /** Slots may have moved. */
  refresh(): void {
    const client = this.#client;
    if (!client.isCluster || client.status !== "ready") return;
    const now = performance.now();
    if (now - this.#refreshedAt < REFRESH_MS) return;
    this.#refreshedAt = now;
    (client as Cluster).refreshSlotsCache();
  }
}

/** Resolves when the node is connected, or is not within the time. */
async function warm(node: Redis): Promise<void> {
  if (node.status === "ready") return;
  const isReady = once(node, "ready", { signal: AbortSignal.timeout(WARM_MS) }).catch(() => {});
  if (node.status === "wait") node.connect().catch(() => {});
  await isReady;
}
