import { systemCode } from "../../errors.ts";
import { StoreError, type StoreFailure } from "../error.ts";

/** Words of Redis's errors, wherever they stand: older versions put those of a script behind a text of their own. */
const REASONS: readonly (readonly [RegExp, StoreFailure, string])[] = [
  [/\b(?:READONLY|NOREPLICAS|MISCONF)\b/, "read-only", "Redis takes no writes"],
  [/\bOOM\b/, "full", "Redis has no memory left"],
  [/\b(?:WRONGPASS|NOAUTH)\b|invalid password/, "unavailable", "Redis does not accept the password"],
  [/\bNOPERM\b/, "unavailable", "Redis does not permit this user what the gateway needs"],
  [/\b(?:LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|MOVED|ASK|UNBLOCKED)\b/, "unavailable", "Redis is not ready"],
  [/\bCROSSSLOT\b/, "refused", "the keys of one call do not share a place in the Cluster"],
  [/\bWRONGTYPE\b/, "refused", "the value under this key is of another kind"],
  [/^ERR the (?:value|counter) /, "refused", "the value under this key is of another kind"],
];

/** What an error of the driver means to a caller. Its text stays behind as the cause, for the log. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  for (const [words, reason, message] of REASONS) {
    if (words.test(text)) return new StoreError(reason, message, { cause: error });
  }
  if (/^ERR\b/.test(text)) return new StoreError("refused", "Redis refuses the command", { cause: error });
  const code = systemCode(error);
  const detail = code === undefined ? "" : ` (${code})`;
  return new StoreError("unavailable", `Redis cannot be reached${detail}`, { cause: error });
}

/** Sent to the wrong node of a Cluster, because a slot has moved. */
export function isRedirect(error: unknown): boolean {
  return error instanceof Error && /^(MOVED|ASK) \d|should belong to the same slot/.test(error.message);
}

export function isMissingScript(error: unknown): boolean {
  return error instanceof Error && error.message.includes("NOSCRIPT");
}
