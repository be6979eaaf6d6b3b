import type { Draft } from "./draft.ts";
import { below } from "./key-path.ts";
import { isLoopback } from "./loopback.ts";
import { nearestNode } from "./node.ts";
import { type Problem, problemAt, type Severity } from "./problem.ts";
import type { Config } from "./schema.ts";
import { LEAST_TOKEN, weaknessOf } from "./weak-secret.ts";

/** What stands behind `Bearer`: no header carries a space there, or anything beyond ASCII, unchanged. */
const BEARER = /^[\x21-\x7e]*$/;

/** A token that nobody could send, and so would shut everybody out, or that anybody could guess. An empty one is none. */
export function checkAdmin({ root, main }: Draft): readonly Problem[] {
  const { token = "" } = main.admin ?? {};
  const at = (message: string, severity: Severity): readonly Problem[] => {
    const hint = "make one with: openssl rand -base64 32";
    const place = nearestNode(root, ["admin", "token"]);
    const problem = problemAt(place, below(undefined, "admin", "token"), message, hint, severity);
    // The line has the token in it.
    return [{ ...problem, excerpt: undefined }];
  };
  if (!BEARER.test(token)) return at("expected a token of visible ASCII without spaces: no other can be sent", "error");
  const weakness = token === "" ? undefined : weaknessOf(token, LEAST_TOKEN);
  return weakness === undefined ? [] : at(weakness, opensToOthers(main.admin) ? "error" : "warning");
}

/** Whether the token alone keeps the machines of others out. */
function opensToOthers(admin: Partial<Config["admin"]> | undefined): boolean {
  return !isLoopback(admin?.host ?? "127.0.0.1") && admin?.tls?.["client-certificates"]?.mode !== "required";
}
