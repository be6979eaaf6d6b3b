import type { Draft } from "./draft.ts";
import { below } from "./key-path.ts";
import { nearestNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";

/** What timers and the system's scheduler are late anyway, in ms. */
const LEAST_LAG_MS = 20;
/** A process has about so much when it starts. */
const LEAST_MEMORY = 64 * 1_048_576;

/** Bounds that are reached without any load, and a hold that would let priorities flap. */
export function checkOverload({ root, main }: Draft): readonly Problem[] {
  const { "loop-lag": lagMs = 0, memory = 0, hold } = main.overload ?? {};
  const problems: Problem[] = [];
  const at = (key: string, message: string, hint: string) => {
    problems.push(problemAt(nearestNode(root, ["overload", key]), below(undefined, "overload", key), message, hint));
  };
  if (lagMs > 0 && lagMs < LEAST_LAG_MS)
    at("loop-lag", "an idle process is so late, too", "for example 200ms; 0s: never");
  if (memory > 0 && memory < LEAST_MEMORY)
    at("memory", "an idle process has so much, too", "for example 1gb; 0b: never");
  if (hold !== undefined && hold < 100) at("hold", "expected at least 100ms", "for example 2s");
  return problems;
}
