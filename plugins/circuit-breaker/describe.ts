import { type PluginPolicy, type PluginReply, RETRY_AFTER } from "../../src/plugin.ts";
import type { BreakerOptions, FallbackOptions } from "./options.ts";

/** What clients get while no target may be asked. */
export function describe({ fallback }: BreakerOptions): PluginPolicy {
  const isFixed = fallback !== undefined && fallback.service === undefined;
  return {
    refusals: isFixed
      ? []
      : [
          {
            code: "circuit_open",
            when: "The service is failing and gets no requests for a while.",
            headers: RETRY_AFTER,
          },
        ],
    replies: isFixed ? [fixedReply(fallback)] : [],
  };
}

function fixedReply({ on, status, headers, body, json }: FallbackOptions): PluginReply {
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1];
  const usual = json === undefined ? "text/plain; charset=utf-8" : "application/json";
  const hasBody = json !== undefined || (body !== undefined && body !== "");
  const when = on === "open" ? "While the service is failing and gets no requests" : "While the service fails";
  return {
    status,
    description: `${when}: an answer of the gateway's own.`,
    ...(hasBody && { content: { [type ?? usual]: json === undefined ? { type: "string" } : {} } }),
  };
}
