import type { Exposition } from "../exposition.ts";
import type { Upstream } from "../upstream.ts";
import { sumOf } from "./check-metrics.ts";

/** What is wrong with the counts of connections to a target; nothing if they are those that the target itself has. */
export function lieInPool(metrics: Exposition, target: Upstream): string[] {
  const read = (name: string) => sumOf(metrics, `sluice_upstream_connections_${name}`, { target: target.url });
  const facts: readonly [string, number, number][] = [
    ["open", read("open"), target.open],
    ["idle", read("idle"), target.open],
    ["opened", read("opened_total"), target.connections.length],
    ["closed", read("closed_total"), target.connections.length - target.open],
  ];
  return facts.flatMap(([what, told, seen]) =>
    told === seen ? [] : [`${what} to ${target.url}: told ${told}, seen ${seen}`],
  );
}
