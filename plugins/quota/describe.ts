import { type AnswerHeader, counted, keyWords, type PluginPolicy, RETRY_AFTER } from "../../src/plugin.ts";
import type { Options } from "./options.ts";

/** What clients have to know of how much they may use. */
export function describe({ day, month, key, timezone, cost, tiers, headers, ...rest }: Options): PluginPolicy {
  const amounts = [
    ...(day === undefined ? [] : [`${counted(day, "request")} in a day`]),
    ...(month === undefined ? [] : [`${counted(month, "request")} in a month`]),
  ];
  const others = Object.keys(tiers).length > 0 ? "; some callers have another quota" : "";
  const counts = cost === 1 ? "" : ` One of these counts as ${cost}.`;
  const sentence = `At most ${amounts.join(" and ")} of the calendar in ${timezone} for ${keyWords(key)}${others}.${counts}`;
  return {
    refusals: [
      {
        code: "rate_limited",
        when: "The quota of the day or of the month is used up.",
        headers: { ...RETRY_AFTER, ...(headers && FIELDS) },
      },
      ...(rest["store-failure"] === "deny"
        ? [{ code: "store_unavailable", when: "Requests cannot be counted." } as const]
        : []),
    ],
    ...(headers && { headers: FIELDS }),
    extensions: {
      "x-quota": {
        ...(day !== undefined && { day }),
        ...(month !== undefined && { month }),
        key,
        timezone,
        ...(cost !== 1 && { cost }),
      },
    },
    notes: amounts.length === 0 ? ["Some callers have a quota of requests."] : [sentence],
  };
}

const count = { type: "integer", minimum: 0 } as const;

const FIELDS: Readonly<Record<string, AnswerHeader>> = {
  "X-Quota-Limit": { description: "How many requests may be made in the period.", schema: count },
  "X-Quota-Remaining": { description: "How many are left.", schema: count },
  "X-Quota-Reset": { description: "Seconds until the next period begins.", schema: count },
};
