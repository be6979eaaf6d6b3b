import { durationText, type PluginPolicy, type PolicyPlace } from "../../src/plugin.ts";
import type { CacheOptions } from "./options.ts";

/** What clients may get that the service did not send them now. */
export function describe(
  { ttl, "stale-if-error": staleMs }: CacheOptions,
  { hasBody }: Pick<PolicyPlace, "hasBody">,
): PluginPolicy {
  // What such requests are answered is not stored.
  if (hasBody) return {};
  const ms = typeof ttl === "number" ? ttl : (ttl?.["200"] ?? undefined);
  const notes = [
    ms === undefined
      ? "Replies may come from a cache, for as long as they say."
      : `Replies may come from a cache, for ${durationText(ms)} where they do not say how long.`,
    ...(staleMs > 0 ? [`While the service fails, replies may be stale by ${durationText(staleMs)}.`] : []),
  ];
  return {
    refusals: [
      {
        code: "not_cached",
        when: "The request has `Cache-Control: only-if-cached`, and there is no such reply in the cache.",
      },
    ],
    extensions: { "x-cache": { ...(ms !== undefined && { "ttl-seconds": ms / 1_000 }) } },
    notes,
  };
}
