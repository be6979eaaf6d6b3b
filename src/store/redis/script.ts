import { createHash } from "node:crypto";

/** A script as Redis keeps it: it is sent whole only where Redis has not seen it since its start. */
export interface Script {
  readonly lua: string;
  /** By which Redis finds it. */
  readonly sha: string;
}

/** Redis's own clock, so that gateways need not agree on the time. */
export const CLOCK = `local time = redis.call('TIME')
local nowUs = time[1] * 1000000 + time[2]`;

/** A number as text without an exponent, which Lua writes from 1e14 on. */
export const WHOLE = `local function whole(n) return string.format('%.0f', n) end`;

export function script(...parts: readonly string[]): Script {
  const lua = parts.join("\n");
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}
