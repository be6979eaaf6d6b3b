import { Cluster, type Redis } from "ioredis";
import type { Wait } from "../store.ts";
import type { RedisConnection } from "./connection.ts";

/** Keys that Redis looks at in one command: few enough to hold nobody up, well below a millisecond. */
const COUNT = 1_000;

/** Keys that begin with that text, at most so many. A key that is there all the time is found; others may be. */
export async function scanKeys(
  connection: RedisConnection,
  start: string,
  most: number,
  wait: Wait | undefined,
): Promise<readonly string[]> {
  const found = new Set<string>();
  const pattern = `${start.replace(SPECIAL, "\\$&")}*`;
  for (const node of nodesOf(connection.client)) {
    let cursor = "0";
    do {
      const reply = await connection.sendTo(node, "scan", [cursor, "MATCH", pattern, "COUNT", COUNT], wait);
      const [next, keys] = Array.isArray(reply) ? reply : ["0", []];
      for (const key of Array.isArray(keys) ? keys : []) {
        // A key may come twice while the table grows.
        if (typeof key === "string") found.add(key);
        if (found.size === most) return [...found];
      }
      cursor = String(next);
    } while (cursor !== "0");
  }
  return [...found];
}

const SPECIAL = /[*?[\]\\]/g;

function nodesOf(client: Redis | Cluster): readonly Redis[] {
  return client instanceof Cluster ? client.nodes("master") : [client];
}
