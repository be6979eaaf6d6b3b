import { below, type KeyPath } from "./key-path.ts";
import { type Node, nearestNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import { targetFault, targetIdentity } from "./target-url.ts";
import { found } from "./words.ts";

type WrittenTarget = string | { readonly url?: string | undefined } | undefined;

/** What is wrong with the `targets` of a map: URLs that are none, and those that are there twice. */
export function targetProblems(
  targets: readonly WrittenTarget[],
  parent: Node,
  parentPath: KeyPath | undefined,
): readonly Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [index, target] of targets.entries()) {
    const url = typeof target === "string" ? target : target?.url;
    if (url === undefined) continue;
    const keys = typeof target === "string" ? ["targets", index] : ["targets", index, "url"];
    const node = nearestNode(parent, keys);
    const path = below(parentPath, ...keys);
    const fault = targetFault(url);
    if (fault !== undefined) {
      problems.push(problemAt(node, path, `${fault.message}; found ${foundUrl(node, url)}`, fault.hint));
    } else if (seen.has(targetIdentity(url))) {
      problems.push(problemAt(node, path, `the target ${found(node)} is here twice`, "give one of them more weight"));
    }
    seen.add(targetIdentity(url));
  }
  return problems;
}

/** Credentials in a URL are not repeated. */
function foundUrl(node: Node, url: string): string {
  return url.includes("@") ? "one with credentials" : found(node);
}
