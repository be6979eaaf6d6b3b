import type { Draft } from "./draft.ts";
import { below } from "./key-path.ts";
import { nearestNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";

/** What stands behind `Bearer`: no header carries a space there, or anything beyond ASCII, unchanged. */
const BEARER = /^[\x21-\x7e]*$/;

/** A token that nobody could send, and so would shut everybody out. An empty one is none. */
export function checkAdmin({ root, main }: Draft): readonly Problem[] {
  if (BEARER.test(main.admin?.token ?? "")) return [];
  const message = "expected a token of visible ASCII without spaces: no other can be sent";
  const hint = "make one with: openssl rand -base64 32";
  const problem = problemAt(nearestNode(root, ["admin", "token"]), below(undefined, "admin", "token"), message, hint);
  return [{ ...problem, excerpt: undefined }];
}
