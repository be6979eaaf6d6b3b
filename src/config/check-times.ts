import type { Draft } from "./draft.ts";
import { below, type KeyPath } from "./key-path.ts";
import { listenersOf } from "./listeners-of.ts";
import { type Node, nearestNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { ListenConfig, ServiceConfig } from "./schema.ts";

type ListenTime = keyof ListenConfig["timeouts"];
type ServiceTime = keyof ServiceConfig["timeouts"];

/** Those of a listener that are over before anything can happen; without `drain`, which is how long to wait at most. */
const LISTEN_TIMES: readonly (readonly [ListenTime, hint: string])[] = [
  ["header", "for example 10s"],
  ["body", "for example 30s"],
  ["send", "for example 5m"],
  ["keep-alive", "for example 65s; limits.requests: 1 serves one request a connection"],
];

const SERVICE_TIMES: readonly (readonly [ServiceTime, hint: string])[] = [
  ["connect", "for example 3s"],
  ["pool", "for example 1s; pool.max-pending: 0 lets no request wait"],
  ["response", "for example 15s"],
  ["idle", "for example 5m"],
  ["total", "for example 30s"],
];

/** Waits that would be over as soon as they begin: 0 is no word for "forever" here, and would fail every request. */
export function checkTimes({ root, main, services }: Draft): readonly Problem[] {
  const ofListeners = listenersOf(main).flatMap(({ keys, config }) =>
    zeroTimes(nearestNode(root, keys), below(undefined, ...keys), config.timeouts, LISTEN_TIMES),
  );
  const ofServices = [...services.values()].flatMap(({ node, path, value }) =>
    zeroTimes(node, path, value.timeouts, SERVICE_TIMES),
  );
  return [...ofListeners, ...ofServices];
}

function zeroTimes<K extends string>(
  node: Node,
  path: KeyPath | undefined,
  times: Partial<Readonly<Record<K, number>>> | undefined,
  checked: readonly (readonly [K, hint: string])[],
): readonly Problem[] {
  return checked
    .filter(([key]) => times?.[key] === 0)
    .map(([key, hint]) => {
      const place = nearestNode(node, ["timeouts", key]);
      return problemAt(place, below(path, "timeouts", key), "nothing can be done in no time", hint);
    });
}
