import type { Config } from "../config/schema.ts";
import { Explanations } from "../explain/explanations.ts";
import { LiveExplain } from "../explain/live.ts";
import { Signatures } from "../explain/signature.ts";
import type { Lasting } from "../scope.ts";
import type { Snapshot } from "../snapshot.ts";

/** Who follows the requests that are signed for it; undefined without a secret to sign them with. */
export function createLiveExplain(
  { secret = "" }: Config["explain"],
  { log, now, state }: Lasting,
  snapshot: () => Snapshot,
): Snapshot["live"] {
  if (secret === "") return undefined;
  const explanations = state("explain:latest", () => new Explanations());
  const used = state("explain:used", () => new Map<string, number>());
  return new LiveExplain({ signatures: new Signatures(secret, used), explanations, log, now, snapshot });
}
