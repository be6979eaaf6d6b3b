import { counted, durationText, keyWords, type PluginPolicy, RETRY_AFTER } from "../../src/plugin.ts";
import type { Options } from "./options.ts";

/** What clients have to know of how much may be under way. */
export function describe({ limit, key, wait, status, shared, ...rest }: Options): PluginPolicy {
  const code = status === 429 ? "rate_limited" : "overloaded";
  const waiting = wait === 0 ? "" : ` More wait for up to ${durationText(wait)}.`;
  return {
    refusals: [
      { code, when: "Too many requests are under way.", headers: RETRY_AFTER },
      ...(shared && rest["store-failure"] === "deny"
        ? [{ code: "store_unavailable", when: "Requests under way cannot be counted." } as const]
        : []),
    ],
    extensions: { "x-concurrency-limit": { limit, key } },
    notes: [`At most ${counted(limit, "request")} under way at once for ${keyWords(key)}.${waiting}`],
  };
}
