import type { TSchema } from "@sinclair/typebox";
import type { KeyPath } from "./key-path.ts";
import type { Node } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { Place } from "./source.ts";

/** One pass of a schema over a document. */
export interface Walk {
  readonly problems: Problem[];
  /** Nodes in which, or in whose parts, there is a problem. */
  readonly invalid: Set<Node>;
  /** Schemas by `$id`, for recursive ones. */
  readonly definitions: Map<string, TSchema>;
  /** The value that the node stands for; undefined where it is not valid. */
  readonly visit: (schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk) => unknown;
}

/** Notes an error. */
export function report(walk: Walk, place: Place, path: KeyPath | undefined, message: string, hint?: string): void {
  walk.problems.push(problemAt(place, path, message, hint));
}
