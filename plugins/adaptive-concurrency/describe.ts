import { type PluginPolicy, RETRY_AFTER } from "../../src/plugin.ts";

/** How much may be under way changes all the time, so that no number is told. */
export function describe(): PluginPolicy {
  const when = "The service has as many requests under way as it answers in time.";
  return { refusals: [{ code: "overloaded", when, headers: RETRY_AFTER }] };
}
