import type { Draft } from "./draft.ts";
import { below } from "./key-path.ts";
import { nearestNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import { LEAST_KEY, weaknessOf } from "./weak-secret.ts";

/** A secret that could be guessed. Of an empty one there is nothing to say: nobody may ask then. */
export function checkExplain({ root, main }: Draft): readonly Problem[] {
  const { secret = "" } = main.explain ?? {};
  const message = secret === "" ? undefined : weaknessOf(secret, LEAST_KEY);
  if (message === undefined) return [];
  const hint = "make one with: openssl rand -base64 32";
  const problem = problemAt(
    nearestNode(root, ["explain", "secret"]),
    below(undefined, "explain", "secret"),
    message,
    hint,
  );
  // The line has the secret in it.
  return [{ ...problem, excerpt: undefined }];
}
