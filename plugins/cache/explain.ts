import type { Context, Explanation } from "../../src/plugin.ts";
import { readAsked } from "./asked.ts";
import type { Keys } from "./keys.ts";

/** Whether a request may be answered from what is stored, and under which key; nothing is looked up. */
export function explainCache(ctx: Context, { urlKey, ownKey, isBypassed, purgers }: Keys): Explanation {
  const { request } = ctx;
  const { method, headers, body } = request;
  if (method === "PURGE" && purgers !== undefined) return { verdict: "depends", reason: "it removes what is stored" };
  if (method !== "GET" && method !== "HEAD")
    return { verdict: "passes", reason: "only GET and HEAD are answered from what is stored" };
  if (!body.isEmpty) return { verdict: "passes", reason: "it has a body, which may change the reply" };
  if (isBypassed?.(ctx) === true) return { verdict: "passes", reason: "bypass is for it" };
  if (readAsked(headers).isForService)
    return { verdict: "passes", reason: "it has a condition that only the service can judge" };
  const facts = { url: urlKey(request), ...(ownKey !== undefined && { key: ownKey(ctx) }) };
  return { verdict: "depends", reason: "answered from what is stored, if there is something that may be used", facts };
}
